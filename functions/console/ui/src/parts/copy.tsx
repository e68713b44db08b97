import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button';
import { say } from './toast';

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1_500);
    } catch {
      say('The browser does not let this page copy. Select the text and copy it by hand.');
    }
  };
  return <Button slim onClick={() => void copy()}>{copied ? <Check aria-hidden /> : <Copy aria-hidden />}{copied ? 'Copied' : label}</Button>;
}
