// Gallery: the templates, to look through and to start from.

import './gallery.css';

import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import { useRef, useState, type KeyboardEvent } from 'react';

import { FilterField } from '../../parts/filter-field';
import { Miniature } from './miniature';
import { nextOf } from './moves';
import { found, TEMPLATES, type Template } from './templates';

export interface TemplateGalleryProps {
  onPick: (template: Template) => void;
  onClose: () => void;
}

export function TemplateGallery({ onPick, onClose }: TemplateGalleryProps) {
  const [looked, setLooked] = useState('');
  const [id, setId] = useState(TEMPLATES[0]?.id);
  const shown = found(TEMPLATES, looked);
  const chosen = shown.find((template) => template.id === id) ?? shown[0];
  const list = useRef<HTMLDivElement>(null);

  const move = (event: KeyboardEvent): void => {
    const at = chosen ? shown.indexOf(chosen) : -1;
    const next = shown[nextOf(event.key, at, shown.length, columnsOf(list.current))];
    if (!next) return;
    event.preventDefault();
    setId(next.id);
    list.current?.querySelector<HTMLElement>(`[data-template="${next.id}"]`)?.focus();
  };
  return (
    <Modal
      visible
      size="max"
      header="Start from a template"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <div className="actions gallery-foot">
          <Button variant="link" onClick={onClose}>
            Cancel
          </Button>
          <Button variant="primary" disabled={!chosen} onClick={() => chosen && onPick(chosen)}>
            Start from it
          </Button>
        </div>
      }
    >
      <div className="gallery">
        <div className="gallery-list">
          <FilterField label="Find a template" value={looked} onChange={setLooked} />
          <div className="templates" role="radiogroup" aria-label="Templates" ref={list} onKeyDown={move}>
            {shown.map((template) => (
              <button
                key={template.id}
                type="button"
                role="radio"
                data-template={template.id}
                aria-checked={template === chosen}
                tabIndex={template === chosen ? 0 : -1}
                onClick={() => setId(template.id)}
                onDoubleClick={() => onPick(template)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter') return;
                  event.preventDefault();
                  onPick(template);
                }}
              >
                <Miniature definition={template.definition} />
                <b>{template.name}</b>
                <small>{template.needs === undefined ? 'Runs as it is' : 'Needs something'}</small>
              </button>
            ))}
          </div>
          {shown.length === 0 && <p className="none">No template is about that.</p>}
        </div>
        {chosen && <About template={chosen} />}
      </div>
    </Modal>
  );
}

function About({ template }: { template: Template }) {
  return (
    <section className="template-about" aria-live="polite" aria-label={template.name}>
      <h2>
        {template.name} <small>{template.type === 'EXPRESS' ? 'Express' : 'Standard'}</small>
      </h2>
      <p>{template.about}</p>
      <p className="soft">{template.needs === undefined ? 'It runs as it is: the server is enough.' : `It needs ${template.needs}.`}</p>
      <Miniature definition={template.definition} withNames />
      <h3>An input to try it with</h3>
      <pre tabIndex={0} aria-label="An input to try it with">
        {JSON.stringify(template.input, null, 2)}
      </pre>
    </section>
  );
}

/** How many stand beside one another on the screen. */
function columnsOf(list: HTMLElement | null): number {
  return list ? getComputedStyle(list).gridTemplateColumns.split(' ').length : 1;
}
