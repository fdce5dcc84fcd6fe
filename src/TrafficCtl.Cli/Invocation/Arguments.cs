using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli.Invocation;

internal static partial class Arguments
{
    private const int LongestName = 40;

    /// <summary>A misspelt option is an error, not a service or a file of that name.</summary>
    public static Argument<T> RefuseOptions<T>(this Argument<T> argument)
    {
        argument.Validators.Add(static result =>
        {
            foreach (var token in result.Tokens)
                if (token.Value.Length > 1 && token.Value[0] == '-') result.AddError($"no option \"{token.Value}\"");
        });
        return argument;
    }

    /// <summary>Refuses a value that is longer than anybody means.</summary>
    public static Option<string> RefuseLongerThan(this Option<string> option, int most)
    {
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (token.Value.Length > most) result.AddError($"{option.Name} {TooLong(token.Value, most)}");
        });
        return option;
    }

    /// <summary>What is wrong with the words of a command line, whatever the command: the first of all; null when nothing is.</summary>
    /// <remarks>
    /// No command takes an empty value, one that no reader sees as what it is, or one without end. The value is not said again.
    /// </remarks>
    public static string? ProblemOf(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
            if (ProblemOf(args[i]) is { } problem) return $"{NameOf(args, i)} {problem}";
        return null;
    }

    private static string? ProblemOf(string text)
    {
        if (text.Length == 0 || (text[0] == '-' && text[^1] == '=')) return "is empty";
        if (text.Length > TextLimits.Argument) return TooLong(text, TextLimits.Argument);
        if (text.Contains('\uFFFD', StringComparison.Ordinal)) return "is not UTF-8";
        if (Credentials().IsMatch(text)) return $"has {AddressText.Refusal}";
        return ShownText.FirstUnprintable(text) is { } odd ? $"has the character {odd}; write one line of printable text" : null;
    }

    private static string NameOf(string[] args, int at)
    {
        if (OptionIn(args[at]) is { } own && args[at].Contains('=', StringComparison.Ordinal)) return $"the value of {own}";
        return at > 0 && OptionIn(args[at - 1]) is { } before && !args[at - 1].Contains('=', StringComparison.Ordinal)
            ? $"the value of {before}"
            : string.Create(CultureInfo.InvariantCulture, $"argument {at + 1}");
    }

    [GeneratedRegex("^(?:-[^=]*=)?[A-Za-z][A-Za-z0-9+.-]*://[^/]*@", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Credentials();

    /// <summary>The name of an option that may be said; null when none begins here.</summary>
    private static string? OptionIn(string text) =>
        text.Split('=')[0] is { Length: > 1 and <= LongestName } name && name[0] == '-' && ShownText.IsPrintable(name) ? name : null;

    private static string TooLong(string text, int most) =>
        string.Create(CultureInfo.InvariantCulture, $"has {text.Length} characters; {most} are allowed");
}
