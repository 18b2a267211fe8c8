/** What went wrong, said where it happened. */
import { Icon } from './Icon.tsx';

export function Trouble({ text, onRetry }: { text: string | undefined; onRetry?: () => void }) {
  if (text === undefined) return null;
  return (
    <div className="trouble" role="alert">
      <Icon name="alert" size={18} />
      <span>{text}</span>
      {onRetry && (
        <button className="link-button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
