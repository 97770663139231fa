import {
  Activity,
  Boxes,
  Layers,
  Play,
  ScrollText,
  Stethoscope,
  type LucideIcon,
} from 'lucide-react';
import { type ComponentType, type LazyExoticComponent } from 'react';
import { lazily } from './lazy';

type View = () => Promise<{ default: ComponentType }>;

export interface Route {
  id: 'profiles' | 'models' | 'try' | 'live' | 'doctor' | 'audit';
  path: string;
  icon: LucideIcon;
  /** Loads the view ahead. */
  load: View;
  View: LazyExoticComponent<ComponentType>;
}

const route = (id: Route['id'], icon: LucideIcon, load: View): Route => ({
  id,
  path: `/${id}`,
  icon,
  load,
  View: lazily(load),
});

/** One segment each: the page's files are named relative to the address. */
export const routes: Route[] = [
  route('profiles', Layers, () => import('../views/profiles/index')),
  route('models', Boxes, () => import('../views/models/index')),
  route('try', Play, () => import('../views/try/index')),
  route('live', Activity, () => import('../views/live/index')),
  route('doctor', Stethoscope, () => import('../views/doctor/index')),
  route('audit', ScrollText, () => import('../views/audit/index')),
];
