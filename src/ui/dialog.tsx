import { Dialog as Radix } from 'radix-ui';
import { useRef } from 'react';

interface DialogProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  title: string;
  children: React.ReactNode;
}

/**
 * A dialog over the page. The backdrop is ours: Radix's own locks scrolling with an inline style element, which the
 * page's content security policy forbids, and the page itself never scrolls.
 */
export function Dialog({ isOpen, onOpenChange, title, children }: DialogProps) {
  const before = useRef<Element | null>(null);
  return (
    <Radix.Root open={isOpen} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <div className="fixed inset-0 bg-[oklch(0_0_0/0.35)]" aria-hidden="true" />
        <Radix.Content
          aria-describedby={undefined}
          // Radix gives the focus back to a trigger of its own only.
          onOpenAutoFocus={() => {
            before.current = document.activeElement;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (before.current instanceof HTMLElement) before.current.focus();
          }}
          className="fixed top-1/2 left-1/2 max-h-[90dvh] w-[min(440px,calc(100vw-32px))] -translate-x-1/2 -translate-y-1/2 space-y-4 overflow-y-auto rounded-lg outline-none border border-line bg-surface p-5 shadow-[0_8px_40px_rgb(0_0_0/0.25)]"
        >
          <Radix.Title className="text-15 font-semibold">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
