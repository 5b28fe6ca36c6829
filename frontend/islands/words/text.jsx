// A text block: its toolbar, and the text itself.
import { useEffect, useReducer, useRef, useState } from "react";
import { useFacts } from "./facts.js";
import { IconButton } from "./icon.jsx";
import { ChipForm, LinkForm, TagMenu } from "./forms.jsx";
import { richText } from "./richText.js";
import { Alignment } from "./choices.jsx";

export function TextBlock({ block, label, onChange, register, isLetter = false, snippets = "" }) {
  const { tags, isReadOnly } = useFacts();
  const place = useRef(null);
  const editor = useRef(null);
  const emitted = useRef(block.doc);
  const latest = useRef(onChange);
  const [asked, setAsked] = useState(null);
  const [, redraw] = useReducer((count) => count + 1, 0);
  latest.current = onChange;

  useEffect(() => {
    const made = richText({
      element: place.current,
      doc: block.doc,
      label,
      tags,
      isReadOnly,
      snippets,
      onEdit: (at, attrs) => setAsked({ form: "chip", at, attrs }),
      onUpdate: (doc) => {
        emitted.current = doc;
        latest.current({ doc });
      },
      onFocus: () => register(made),
      onState: redraw,
    });
    editor.current = made;
    redraw();
    return () => {
      register(null, made);
      made.destroy();
    };
  }, []);

  // Undo, redo: the text is another than the one that was typed here last.
  useEffect(() => {
    if (block.doc === emitted.current || !editor.current) return;
    emitted.current = block.doc;
    const { from } = editor.current.state.selection;
    editor.current.commands.setContent(block.doc.content.length ? block.doc : null, { emitUpdate: false });
    editor.current.commands.setTextSelection(Math.min(from, editor.current.state.doc.content.size));
  }, [block.doc]);

  const done = () => {
    setAsked(null);
    editor.current.commands.focus();
  };
  return (
    <div className="text-block">
      {!isReadOnly && editor.current && <Toolbar editor={editor.current} isLetter={isLetter} block={block} onChange={onChange} ask={(form) => setAsked(asked?.form === form ? null : { form })} />}
      {asked?.form === "link" && <LinkForm editor={editor.current} onDone={done} />}
      {asked?.form === "tags" && <TagMenu onDone={done} onChoose={(name) => insertTag(editor.current, name)} />}
      {asked?.form === "chip" && <ChipForm key={asked.at} attrs={asked.attrs} onDone={done} onSave={(attrs) => change(editor.current, asked.at, attrs)} />}
      <div ref={place} className={`text-words text-${block.align}`} />
    </div>
  );
}

export function insertTag(editor, name, fallback = "") {
  editor.chain().focus().insertContent({ type: "mergeTag", attrs: { name, fallback } }).run();
}

function change(editor, at, attrs) {
  if (editor.state.doc.nodeAt(at)?.type.name !== "mergeTag") return;
  editor.view.dispatch(editor.state.tr.setNodeMarkup(at, null, attrs));
}

const MARKS = [
  { name: "bold", icon: "bold", label: "Bold", act: (chain) => chain.toggleBold() },
  { name: "italic", icon: "italic", label: "Italic", act: (chain) => chain.toggleItalic() },
  { name: "underline", icon: "underline", label: "Underlined", act: (chain) => chain.toggleUnderline() },
  { name: "strike", icon: "strikethrough", label: "Struck through", act: (chain) => chain.toggleStrike() },
  { name: "bulletList", icon: "list", label: "List", act: (chain) => chain.toggleBulletList() },
  { name: "orderedList", icon: "list-numbers", label: "Numbered list", act: (chain) => chain.toggleOrderedList() },
];
const LEVELS = [["0", "Text"], ["1", "Title"], ["2", "Heading"], ["3", "Small heading"]];

function Toolbar({ editor, isLetter, block, onChange, ask }) {
  const level = LEVELS.find(([value]) => value !== "0" && editor.isActive("heading", { level: Number(value) }))?.[0] ?? "0";
  const setLevel = (value) => (value === "0" ? editor.chain().focus().setParagraph() : editor.chain().focus().setHeading({ level: Number(value) })).run();
  return (
    <div className="text-tools" role="toolbar" aria-label="Form of the text">
      {!isLetter && <select className="form-select" aria-label="Kind of paragraph" value={level} onChange={(event) => setLevel(event.target.value)}>
        {LEVELS.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
      </select>}
      {MARKS.map(({ name, icon, label, act }) => (
        <IconButton key={name} icon={icon} label={label} isPressed={editor.isActive(name)} onMouseDown={keepCaret} onClick={() => act(editor.chain().focus()).run()} />
      ))}
      <IconButton icon="link" label="Link" isPressed={editor.isActive("link")} onMouseDown={keepCaret} onClick={() => ask("link")} />
      <IconButton icon="braces" label="Merge tag" onMouseDown={keepCaret} onClick={() => ask("tags")} />
      {!isLetter && <Alignment value={block.align} onChange={(align) => onChange({ align })} />}
    </div>
  );
}

function keepCaret(event) {
  event.preventDefault();
}
