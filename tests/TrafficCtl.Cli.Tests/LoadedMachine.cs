using Xunit;

namespace TrafficCtl.Cli.Tests;

/// <summary>Tests that load the machine with processes and traffic of their own: one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class LoadedMachine
{
    public const string Name = "loaded machine";
}
