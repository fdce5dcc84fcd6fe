using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Tests.Commands;

/// <summary>
/// A command that no version has: what the next one takes. docs/contributing.md shows this file, and a test compares them.
/// </summary>
internal static class HelloCommand
{
    public static readonly CommandEntry Entry = new("hello", "Greets somebody", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var name = new Argument<string>("NAME") { Description = "Who is greeted" };
        command.Arguments.Add(name);
        command.SetAction(parse =>
        {
            surroundings.Out.Lines($"hello {parse.GetValue(name)}");
            return ExitCodes.Done;
        });
    }
}
