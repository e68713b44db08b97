package template_test

import (
	"testing"

	"switchboard/internal/template"
)

const filterVars = `{
	"s": "Straße 𝒳 ΟΔΟΣ", "blank": " \t\r\n", "spaced": "\n  a  b \t", "nbsp": "\u00a0x\u00a0", "csv": "a,b,,c", "empty": "",
	"n": 12.50, "half": 2.675, "minus": -2.5, "tiny": 0.0000001, "huge": 123456789012345678901234.5, "exp": 1.5e3,
	"text": "-012.50", "hex": "0x1F", "list": [1, "b", null, true, {"k": [1.50]}], "none": [], "object": {"a": 1, "b": null}, "yes": true,
	"two": 2, "sep": ";"
}`

func TestFilters(t *testing.T) {
	testRender(t, filterVars, template.TargetText, map[string]string{
		"{{s | upper}}":                          `"STRASSE 𝒳 ΟΔΟΣ"`,
		"{{s | lower}}":                          `"straße 𝒳 οδος"`,
		"{{spaced | trim}}":                      `"a  b"`,
		"{{blank | trim}}":                       `""`,
		"{{nbsp | trim}}":                        `"` + "\u00a0x\u00a0" + `"`,
		"{{s | json}}":                           `"\"Straße 𝒳 ΟΔΟΣ\""`,
		"{{object | json}}":                      `"{\"a\":1,\"b\":null}"`,
		"{{n | json}}":                           `"12.50"`,
		"{{s | json | length}}":                  "15",
		"{{text | number}}":                      "-12.5",
		"{{n | number}}":                         "12.5",
		"{{exp | number}}":                       "1500",
		"{{n | string}}":                         `"12.50"`,
		"{{list | string}}":                      `"[1,\"b\",null,true,{\"k\":[1.50]}]"`,
		"{{yes | string}}":                       `"true"`,
		"{{s | length}}":                         "13",
		"{{list | length}}":                      "5",
		"{{object | length}}":                    "2",
		"{{empty | length}}":                     "0",
		"{{list | join}}":                        `"1, b, , true, {\"k\":[1.50]}"`,
		"{{list | slice: 0, 2 | join: sep}}":     `"1;b"`,
		"{{none | join}}":                        `""`,
		"{{csv | split: ','}}":                   `["a","b","","c"]`,
		"{{empty | split: ','}}":                 `[""]`,
		"{{csv | split: ', '}}":                  `["a,b,,c"]`,
		"{{s | first}}{{s | last}}":              `"SΣ"`,
		"{{list | first}}":                       "1",
		"{{list | last}}":                        `{"k":[1.50]}`,
		"{{empty | first}}":                      `""`,
		"{{csv | replace: ',', ''}}":             `"abc"`,
		"{{csv | replace: 'x', 'y'}}":            `"a,b,,c"`,
		"{{csv | replace: 'a', '$1\\\\'}}":       `"$1\\,b,,c"`,
		"{{s | slice: 7, 8}}":                    `"𝒳"`,
		"{{s | slice: -4}}":                      `"ΟΔΟΣ"`,
		"{{s | slice: -4, -2}}":                  `"ΟΔ"`,
		"{{s | slice: 3, 1}}":                    `""`,
		"{{s | slice: -99, 2}}":                  `"St"`,
		"{{s | slice: 99}}":                      `""`,
		"{{s | slice: 0, two}}":                  `"St"`,
		"{{list | slice: 1, -2}}":                `["b",null]`,
		"{{list | slice: 0, 99999999999999999}}": `[1,"b",null,true,{"k":[1.50]}]`,
		"{{none | slice: 1}}":                    "[]",
		"{{n | round}}":                          "13",
		"{{half | round: 2}}":                    "2.68",
		"{{half | round: 1}}":                    "2.7",
		"{{half | round: 15}}":                   "2.675",
		"{{minus | round}}":                      "-3",
		"{{tiny | round}}":                       "0",
		"{{tiny | round: 7}}":                    "1e-7",
		"{{huge | round}}":                       "1.23456789012345678901235e+23",
		"{{half | round: two}}":                  "2.68",
	})
}

func TestFiltersRefuse(t *testing.T) {
	testRender(t, filterVars, template.TargetText, map[string]string{
		"{{n | upper}}":                 "Template.Invalid: {{n | upper}}: upper takes text; the value before it is of type number",
		"{{list | first | split: ','}}": "Template.Invalid: {{list | first | split}}: split takes text; the value before it is of type number",
		"{{object | first}}":            "Template.Invalid: {{object | first}}: first takes text or a list; the value before it is of type object",
		"{{yes | length}}":              "Template.Invalid: {{yes | length}}: length takes text, a list or an object; the value before it is of type boolean",
		"{{hex | number}}":              "Template.Invalid: {{hex | number}}: this text is not a number",
		"{{empty | number}}":            "Template.Invalid: {{empty | number}}: this text is not a number",
		"{{text | round}}":              "Template.Invalid: {{text | round}}: round takes a number; the value before it is of type string",
		"{{list | join: n}}":            "Template.Invalid: {{list | join}}: the separator of join must be text",
		"{{csv | split: empty}}":        "Template.Invalid: {{csv | split}}: the separator of split must be text of at least one character",
		"{{csv | slice: half}}":         "Template.Invalid: {{csv | slice}}: the start of slice must be a whole number",
		"{{n | round: huge}}":           "Template.Invalid: {{n | round}}: the digits of round must be a whole number from 0 to 15",
		"{{csv | replace: list, ''}}":   "Template.Invalid: {{csv | replace}}: the old of replace must be text of at least one character",
	})
}

func TestDate(t *testing.T) {
	testRender(t, `{
		"t": "2024-03-09T15:04:05.678+01:00", "z": "2024-12-31T23:30:00Z", "local": "2024-07-01T08:00:00", "sql": "2024-07-01 08:00:00", "day": "2024-02-29",
		"seconds": 1710000245, "millis": 1710000245678, "fraction": 1710000245.678, "before": -1, "far": 1e30, "bad": "tomorrow", "zone": "Europe/Berlin", "nozone": "Nowhere"
	}`, template.TargetText, map[string]string{
		"{{t | date}}":                                         `"2024-03-09T14:04:05.678Z"`,
		"{{t | date: 'rfc3339'}}":                              `"2024-03-09T14:04:05Z"`,
		"{{t | date: 'iso', 'America/New_York'}}":              `"2024-03-09T09:04:05.678-05:00"`,
		"{{t | date: 'date'}}":                                 `"2024-03-09"`,
		"{{t | date: 'time', zone}}":                           `"15:04:05"`,
		"{{t | date: 'unix'}}":                                 "1709993045",
		"{{z | date: 'YYYY-MM-DD HH:mm:ss', 'Europe/Berlin'}}": `"2025-01-01 00:30:00"`,
		"{{t | date: 'dddd, D MMMM YYYY [at] h:mm a'}}":        `"Saturday, 9 March 2024 at 2:04 pm"`,
		"{{t | date: 'ddd DD MMM YY H hh A m s SSS Z ZZ M'}}":  `"Sat 09 Mar 24 14 02 PM 4 5 678 +00:00 +0000 3"`,
		"{{t | date: 'YYYY-MM-DDTHH:mmZ', 'Asia/Kolkata'}}":    `"2024-03-09T19:34+05:30"`,
		"{{t | date: '[Q] [[x] é'}}":                           `"Q [x é"`,
		"{{local | date: 'iso', 'Europe/Berlin'}}":             `"2024-07-01T08:00:00.000+02:00"`,
		"{{sql | date}}":                                       `"2024-07-01T08:00:00.000Z"`,
		"{{day | date: 'DD.MM.YYYY', 'America/New_York'}}":     `"29.02.2024"`,
		"{{seconds | date}}":                                   `"2024-03-09T16:04:05.000Z"`,
		"{{millis | date}}":                                    `"2024-03-09T16:04:05.678Z"`,
		"{{fraction | date}}":                                  `"2024-03-09T16:04:05.678Z"`,
		"{{before | date}}":                                    `"1969-12-31T23:59:59.000Z"`,
		"{{far | date}}":                                       "Template.Invalid: {{far | date}}: this is not a point in time",
		"{{bad | date}}":                                       "Template.Invalid: {{bad | date}}: this is not a point in time",
		"{{t | date: 'iso', nozone}}":                          `Template.Invalid: {{t | date}}: the zone of date must be the name of a time zone in the IANA database of this machine, such as "Europe/Berlin"`,
		"{{t | date: bad}}":                                    `Template.Invalid: {{t | date}}: the format of date must be a format such as "YYYY-MM-DD HH:mm", or one of iso, rfc3339, date, time and unix`,
	})
}
