/** What the page can do beyond being read. Without script it is whole: only sorting, filtering and drilling are missing. */
import { startDrill } from './drill.js';
import { startSegments } from './segments.js';
import { startWindows } from './windows.js';

document.documentElement.classList.add('scripted');
startWindows();
startSegments();
startDrill();
