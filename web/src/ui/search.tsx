/** *Search*: a text that becomes a filter when one has stopped typing. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.js";

const TYPING_MS = 250;

export function Search({ value, label, search }: { value?: string; label: string; search: (text?: string) => void }) {
  const [text, type] = useState(value ?? "");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => type(value ?? ""), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (text: string) => {
    type(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => search(text.trim() || undefined), TYPING_MS);
  };
  return (
    <label class="search">
      <Icon name="search" />
      <span class="visually-hidden">{label}</span>
      <input
        type="search"
        placeholder={label}
        maxLength={200}
        value={text}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={(press) => press.key === "Escape" && (press.currentTarget.blur(), change(""))}
      />
    </label>
  );
}
