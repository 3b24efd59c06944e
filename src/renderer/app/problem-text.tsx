/** Why something did not work; nothing while it did. */
export function ProblemText({ children }: { children: string }) {
  if (children === '') return null;
  return (
    <p role="alert" className="max-w-[72ch] text-bad [overflow-wrap:anywhere]">
      {children}
    </p>
  );
}
