using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>One name, one thing: a reader who meets a type's name knows which type is meant.</summary>
public sealed class NameTests
{
    /// <summary>The messages of the contract mirror what the engine calls the same.</summary>
    private const string Contract = "TrafficCtl.V1";

    [Fact]
    public void Two_types_never_share_a_name()
    {
        var shared =
            from project in ArrowTests.Projects
            from type in Assembly.Load(project.Data == "TrafficCtl.Cli" ? "trafficctl" : project.Data).GetTypes()
            where !type.IsNested && type.Namespace != Contract && type.Namespace?.StartsWith("TrafficCtl", StringComparison.Ordinal) == true
                && type.GetCustomAttribute<CompilerGeneratedAttribute>() is null && !type.Name.StartsWith('<')
            let name = type.Name.Split('`')[0]
            group type.FullName by name into same
            where same.Select(full => full.Split('`')[0]).Distinct(StringComparer.Ordinal).Count() > 1
            select string.Join(" and ", same);
        Assert.Empty(shared);
    }
}
