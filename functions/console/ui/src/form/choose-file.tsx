import { Paperclip } from 'lucide-react';
import { useRef } from 'react';
import { Button } from '../parts/button';
import { complain, say } from '../parts/toast';
import { base64, MAX_FILE_BYTES } from './file';

interface Props {
  label: string;
  /** How large the file is that was chosen; 0 for none. */
  bytes: number;
  onChoose: (file: { filename?: string; content_type?: string; content_base64: string | undefined }) => void;
}

/** Fills an attachment's fields from a file. It becomes a part of the document, so it has to be small. */
export function ChooseFile({ label, bytes, onChoose }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const words = bytes > 0 ? 'Choose another file' : 'Choose a file';
  const take = async (file: File) => {
    if (file.size > MAX_FILE_BYTES) {
      say(`${file.name} is larger than ${MAX_FILE_BYTES / 1024} KiB. Fetch it by a step before, and name its content here.`);
      return;
    }
    try {
      onChoose({ filename: file.name, content_type: file.type || 'application/octet-stream', content_base64: base64(new Uint8Array(await file.arrayBuffer())) });
    } catch (error) {
      complain(error);
    }
  };
  return (
    <div className="row wrap">
      <input ref={input} type="file" hidden onChange={(event) => { const file = event.target.files?.[0]; if (file) void take(file); event.target.value = ''; }} />
      <Button slim aria-label={`${words} for ${label}`} onClick={() => input.current?.click()}><Paperclip aria-hidden />{words}</Button>
      {bytes > 0 && <><span className="small muted">{Math.ceil(bytes / 1024)} KiB attached</span><Button slim look="quiet" onClick={() => onChoose({ content_base64: undefined })}>Remove its content</Button></>}
    </div>
  );
}
