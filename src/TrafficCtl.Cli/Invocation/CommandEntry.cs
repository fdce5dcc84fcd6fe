using System.CommandLine;

namespace TrafficCtl.Cli.Invocation;

/// <summary>One command: its name for the list, and how to build the rest of it when it is the one that was asked for.</summary>
internal sealed record CommandEntry(string Name, string About, Action<Command, Surroundings> Build)
{
    /// <summary>It has other work than to print: that nobody reads any more does not end it.</summary>
    public bool OutlivesReader { get; init; }
}
