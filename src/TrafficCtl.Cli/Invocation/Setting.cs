using System.CommandLine;
using System.CommandLine.Parsing;

namespace TrafficCtl.Cli.Invocation;

/// <summary>An option that an environment variable may stand for; a bad value of either is wrong usage.</summary>
/// <param name="surroundings">With the variable.</param>
/// <param name="name">The name of the option.</param>
/// <param name="helpName">What its value is called in the help.</param>
/// <param name="variable">Empty counts as not set.</param>
/// <param name="description">For the help.</param>
/// <param name="problemOf">What is wrong with a value, and what to write; null when nothing is.</param>
internal sealed class Setting(
    Surroundings surroundings, string name, string helpName, string variable, string description, Func<string, string?> problemOf)
{
    public Option<string?> Option { get; } = new(name) { Description = description, HelpName = helpName };

    /// <summary>Null when neither is given.</summary>
    public string? TextOf(ParseResult parse) => parse.GetValue(Option) ?? Variable();

    /// <summary>To be run with the command's other checks.</summary>
    public void Check(CommandResult result)
    {
        var given = result.GetResult(Option) is { Implicit: false } option ? option.GetValueOrDefault<string?>() : null;
        var (where, text) = given is null ? (variable, Variable()) : (name, given);
        if (text is not null && problemOf(text) is { } problem) result.AddError($"{where}: {problem}");
    }

    private string? Variable() => surroundings.Variable(variable) is { Length: > 0 } text ? text : null;
}
