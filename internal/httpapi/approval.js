// The times of the page, in the visitor's own zone and not in UTC.
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  time.title = time.textContent;
  time.textContent = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" }).format(at) +
    " (" + (new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(at).find((part) => part.type === "timeZoneName")?.value ?? "your time") + ")";
}
