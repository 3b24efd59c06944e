/** The only bridge between the page and main: two functions, over two fixed channels. Main checks everything. */
import { contextBridge, ipcRenderer } from 'electron/renderer';
import { CHANNELS, type DesktopApi } from '../protocol/ui/ipc-channels.ts';

const api: DesktopApi = {
  request: (name, payload) => ipcRenderer.invoke(CHANNELS.request, String(name), payload),
  onEvent(listen) {
    const forward = (_event: unknown, name: string, payload: unknown): void => listen(name, payload);
    ipcRenderer.on(CHANNELS.event, forward);
    return () => ipcRenderer.off(CHANNELS.event, forward);
  },
};

contextBridge.exposeInMainWorld('ctrlnode', api);
