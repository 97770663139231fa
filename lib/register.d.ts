// Loaded for its effect: see docs/librechat.md.
export {};
