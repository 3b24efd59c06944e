/** A page that has one thing to say. */
export function CenteredPage({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <main className="mx-auto max-w-[520px] space-y-4 px-6 py-16">
      <p className="mb-8 text-15 font-semibold tracking-tight">CTRL NODE</p>
      <h1 className="text-20 font-semibold tracking-tight">{title}</h1>
      {children}
    </main>
  );
}
