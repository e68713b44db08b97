import { Component, type ReactNode } from 'react';
import { ErrorNote } from './states';

interface Props {
  /** What else may be done about it than loading the page again. */
  retry?: () => void;
  /** Around the words, where they stand in the place of a part that has a frame of its own. */
  className?: string;
  children: ReactNode;
}

/** Catches what a part of the console throws: a mistake of ours, or a file that could not be loaded. What is around it stays. */
export class Guard extends Component<Props, { error: unknown }> {
  override state = { error: undefined as unknown };
  static getDerivedStateFromError = (error: unknown) => ({ error });
  override render() {
    if (this.state.error === undefined) return this.props.children;
    return <div className={this.props.className ?? 'page'}><ErrorNote error={this.state.error} retry={this.props.retry ?? (() => window.location.reload())} /></div>;
  }
}
