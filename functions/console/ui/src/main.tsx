import '@fontsource-variable/ibm-plex-sans/wght.css';
import '@fontsource/ibm-plex-mono/latin-400.css';
import '@fontsource/ibm-plex-mono/latin-500.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/parts.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { tokenWorks } from './api/client';
import { App } from './app';
import { dropStrayPresses } from './parts/stray';
import { complain, warn } from './parts/toast';
import { restoreSession } from './session';
import { restoreTheme } from './theme';

dropStrayPresses();
restoreSession(tokenWorks, (error) => (error ? complain(error) : warn('The token in that address is not valid. You are signed in as before.')));
restoreTheme();
createRoot(document.getElementById('root')!).render(<StrictMode><App /></StrictMode>);
