// Findings: what is wrong with the definition, each leading to its place.

import type { Diagnostic } from '../api/types';

export function Findings({ findings, onShow }: { findings: Diagnostic[]; onShow: (finding: Diagnostic) => void }) {
  return (
    <ul className="findings" aria-label="Findings" aria-live="polite">
      {findings.map((finding, index) => (
        <li key={index} className={finding.severity === 'ERROR' ? 'bad' : 'warn'}>
          <b>{finding.code}</b> {finding.message}{' '}
          {finding.location && (
            <button type="button" className="text-button" title="Show it" onClick={() => onShow(finding)}>
              <code>{finding.location}</code>
            </button>
          )}
        </li>
      ))}
      {findings.length === 0 && <li className="ok">Nothing is wrong with it.</li>}
    </ul>
  );
}
