/** What the window shows. The task that is open is kept while another place is shown. */
export type Place =
  | { readonly to: 'home' }
  | { readonly to: 'pair'; readonly link: string }
  | { readonly to: 'new-task' }
  | { readonly to: 'agents' }
  | { readonly to: 'settings' };

export type Go = (place: Place) => void;
