using System.Collections.Frozen;

namespace TrafficCtl.Cli.Completion;

/// <summary>What a shell sources once: thin scripts that ask the program itself.</summary>
internal static class Scripts
{
    public static readonly FrozenDictionary<string, string> ByShell = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["bash"] = """
            # trafficctl completion for bash. Put into ~/.bashrc:  source <(trafficctl completion bash)
            _trafficctl() {
                local line="${COMP_LINE:0:COMP_POINT}" word="${COMP_WORDS[COMP_CWORD]}" IFS=$'\n'
                COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
            }
            complete -o default -F _trafficctl trafficctl
            """,
        ["zsh"] = """
            #compdef trafficctl
            # trafficctl completion for zsh. Put into ~/.zshrc after compinit:  source <(trafficctl completion zsh)
            _trafficctl() {
                local line="${(j: :)words[1,CURRENT]}"
                local -a found
                found=(${(f)"$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)"})
                if (( ${#found} )); then compadd -a found; else _files; fi
            }
            compdef _trafficctl trafficctl
            """,
        ["fish"] = """
            # trafficctl completion for fish. Run once:  trafficctl completion fish > ~/.config/fish/completions/trafficctl.fish
            complete -c trafficctl -a '(set -l line (commandline -cp); trafficctl "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null)'
            """,
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
