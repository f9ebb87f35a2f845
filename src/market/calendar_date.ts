/** Whether a text such as `2026-04-30` is a day of the calendar: `Date.parse` takes the 31st of April for the 1st of May. */
export function isDate(text: string): boolean {
  const start = Date.parse(`${text}T00:00Z`);
  return !Number.isNaN(start) && new Date(start).toISOString().startsWith(text);
}
