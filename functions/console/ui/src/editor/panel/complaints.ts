import { useMemo } from 'react';
import type { Diagnostic } from '../../api/model';
import { within, type Complaint, type FormTools } from '../../form/context';
import { useEditor } from '../store';
import { TemplateText } from '../template-text';

const asComplaint = (d: Diagnostic): Complaint => ({ severity: d.severity, message: d.message, hint: d.hint, start: d.start, end: d.end });
const nothing: Complaint[] = [];

/** Form tools whose complaints are the diagnostics of the document. */
export function useFormTools(): FormTools {
  const diagnostics = useEditor((s) => s.diagnostics);
  return useMemo(() => {
    // The same list is given for the same pointer, so that fields are not drawn anew without need.
    const cache = new Map<string, Complaint[]>();
    const find = (key: string, fits: (d: Diagnostic) => boolean) => {
      if (diagnostics.length === 0) return nothing;
      let list = cache.get(key);
      if (!list) cache.set(key, (list = diagnostics.filter(fits).map(asComplaint)));
      return list;
    };
    return {
      complaintsAt: (pointer) => find(`=${pointer}`, (d) => d.pointer === pointer),
      complaintsWithin: (pointer) => find(`<${pointer}`, (d) => within(d.pointer, pointer)),
      Text: TemplateText,
      templates: true,
    };
  }, [diagnostics]);
}
