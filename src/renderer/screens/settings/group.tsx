export function Group({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section aria-label={title} className="space-y-2">
      <h3 className="text-12 font-semibold text-dim">{title}</h3>
      {children}
    </section>
  );
}

/** What stands in a group as a list: one line each, with what can be done about it. */
export function GroupList({ children }: { children: React.ReactNode }) {
  return <ul className="divide-y divide-line rounded-lg border border-line bg-surface">{children}</ul>;
}

export function GroupLine({ children, actions }: { children: React.ReactNode; actions?: React.ReactNode }) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-3 py-2">
      <div className="min-w-[180px] flex-1">{children}</div>
      {actions && <div className="flex gap-2">{actions}</div>}
    </li>
  );
}
