import { Plus } from 'lucide-react';
import { buttonClass } from '../../ui/button.tsx';

export function NewTaskLink() {
  return (
    <a href="/tasks/new" className={buttonClass('primary')}>
      <Plus size={14} aria-hidden="true" className="md:hidden" />
      New task
    </a>
  );
}
