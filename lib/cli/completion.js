'use strict';

// `completion`: scripts for shells, made from the commands and options that there are.

const { Misuse } = require('./common.js');

const NAME = 'bedrock-profile-client';

/** Every place in the command line: its words, and what may come next. */
function placesOf(command, words = []) {
  const options = command.options.flatMap(({ long }) => long ?? []);
  const next = [...command.commands.map((one) => one.name()), ...options, '--help'];
  const below = command.commands.flatMap((one) => placesOf(one, [...words, one.name()]));
  return [{ words, next }, ...below];
}

const SCRIPTS = {
  bash: (places) => `# bash: source <(${NAME} completion bash)
_bedrock_profile_client() {
  local place="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) case " \${_bedrock_profile_client_places} " in
      *" \${place}/\${word} "*) place="\${place}/\${word}" ;;
    esac ;; esac
  done
  local next
  case "$place" in
${places.map(({ words, next }) => `    "${words.map((word) => `/${word}`).join('')}") next="${next.join(' ')}" ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")); fi
}
_bedrock_profile_client_places="${places.map(({ words }) => words.map((word) => `/${word}`).join('')).join(' ')}"
complete -F _bedrock_profile_client ${NAME}
`,
  zsh: (places) => `#compdef ${NAME}
# zsh: ${NAME} completion zsh > "\${fpath[1]}/_${NAME}"
autoload -U +X bashcompinit && bashcompinit
${SCRIPTS.bash(places)}`,
  fish: (places) =>
    `# fish: ${NAME} completion fish > ~/.config/fish/completions/${NAME}.fish
complete -c ${NAME} -f
${places
  .flatMap(({ words, next }) => {
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
    const condition = words.length > 0 ? seen.join('; and ') : '__fish_use_subcommand';
    return next.map((word) =>
      word.startsWith('--')
        ? `complete -c ${NAME} -n '${condition}' -l ${word.slice(2)}`
        : `complete -c ${NAME} -n '${condition}' -a ${word}`,
    );
  })
  .join('\n')}
`,
};

function define(program, io) {
  const shells = Object.keys(SCRIPTS);
  program
    .command('completion <shell>')
    .description(`print what completes commands and options in a shell: ${shells.join(', ')}`)
    .addHelpText('after', `\nExample:\n  $ source <(${NAME} completion bash)`)
    .action(
      io.ending((shell) => {
        if (!Object.hasOwn(SCRIPTS, shell)) {
          throw new Misuse(`there are scripts for ${shells.join(', ')}, not for "${shell}"`);
        }
        io.stdout.write(SCRIPTS[shell](placesOf(program)));
      }),
    );
}

module.exports = { define };
