using System.Collections.Immutable;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reporting;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config;

public sealed class GoldenTests
{
    public static TheoryData<string> ValidNames => [.. Goldens.Valid.Select(f => Path.GetFileName(f))];

    public static TheoryData<string> InvalidNames => [.. Goldens.Invalid.Select(f => Path.GetFileName(f))];

    [Theory, MemberData(nameof(ValidNames))]
    public void A_valid_file_has_no_problem(string name)
    {
        var parsed = DeliveryFiles.Load([Path.Combine(Goldens.Root, "valid", name)], Goldens.Able);
        Assert.True(parsed is Parsed<ImmutableArray<Core.Services.ServiceSpec>>.Ok, parsed.ToString());
    }

    [Theory, MemberData(nameof(InvalidNames))]
    public void An_invalid_file_has_exactly_its_problems(string name)
    {
        var file = Path.Combine(Goldens.Root, "invalid", name);
        var parsed = DeliveryFiles.Load([file]);
        var problems = Assert.IsType<Parsed<ImmutableArray<Core.Services.ServiceSpec>>.Problems>(parsed);
        var expected = File.ReadAllText(Path.ChangeExtension(file, ".problems"));
        Assert.Equal(expected, string.Concat(
            problems.All.Select(p => p.ToString().Replace(Path.GetDirectoryName(file) + "/", "", StringComparison.Ordinal) + "\n")));
    }
}
