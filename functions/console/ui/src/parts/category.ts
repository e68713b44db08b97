/** The categories of connectors in the order in which they are shown, with their titles. */
const titles: Record<string, string> = {
  email: 'Email', messaging: 'Messaging', crm: 'CRM', ticketing: 'Ticketing', iot: 'IoT', http: 'HTTP', ai: 'AI', data: 'Data',
};

export const categoryOrder = Object.keys(titles);
export const categoryTitle = (name: string) => titles[name] ?? name;

/** Whether every word of the search stands somewhere in the texts. */
export function matchesSearch(search: string, ...texts: string[]): boolean {
  const text = texts.join(' ').toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
