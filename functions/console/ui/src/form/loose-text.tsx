import { useContext, useState } from 'react';
import { writeJson } from '../json';
import { FormContext, type TextProps } from './context';
import { readLoose, writeLoose } from './loose';

type Props = Omit<TextProps, 'value' | 'onChange' | 'language'> & { value: unknown; onChange: (value: unknown) => void };

/** A value on one line: JSON means itself, anything else is text. */
export function LooseText({ value, onChange, ...rest }: Props) {
  const { Text } = useContext(FormContext);
  const [typed, setTyped] = useState<{ text: string; value: unknown }>();
  const same = typed !== undefined && writeJson(typed.value) === writeJson(value);
  const change = (text: string) => {
    const meant = readLoose(text);
    setTyped({ text, value: meant });
    onChange(meant);
  };
  return <Text {...rest} value={same ? typed.text : writeLoose(value).replace(/\n\s*/g, ' ')} onChange={change} />;
}
