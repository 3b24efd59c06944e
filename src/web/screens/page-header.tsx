import { ArrowLeft } from 'lucide-react';

interface PageHeaderProps {
  title: string;
  /** Where the way back leads on a phone. */
  backHref?: string;
  detail?: React.ReactNode;
  actions?: React.ReactNode;
}

export function PageHeader({ title, backHref, detail, actions }: PageHeaderProps) {
  return (
    <header className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-start border-b border-line px-4 py-3 md:px-6 md:pt-4">
      {backHref && (
        <a
          href={backHref}
          aria-label="Back"
          className="-my-1 mr-2 -ml-2 grid size-9 place-items-center rounded-md text-dim hover:bg-hover md:hidden"
        >
          <ArrowLeft size={18} aria-hidden="true" />
        </a>
      )}
      <h1 className="col-start-2 row-start-1 pt-1 text-15 font-semibold tracking-tight [overflow-wrap:anywhere] md:pt-0 md:text-20">
        {title}
      </h1>
      {actions && <div className="col-start-3 row-start-1 ml-3 flex gap-2">{actions}</div>}
      {detail && <div className="col-start-2 col-end-4 row-start-2 mt-0.5 text-dim">{detail}</div>}
    </header>
  );
}
