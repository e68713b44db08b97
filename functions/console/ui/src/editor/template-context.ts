import { createContext } from 'react';
import type { Scope } from '../template/render';
import type { Variable } from './variables';

/** What the text fields of a panel can name, and the data that previews use. */
export interface Templates {
  variables: Variable[];
  scope: Scope | null;
}

export const TemplateContext = createContext<Templates>({ variables: [], scope: null });
