using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Running;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config;

/// <summary>As many services as a process may have, on a few listeners that they share.</summary>
public sealed class ManyServicesTests : IDisposable
{
    private const int PerFile = 500;

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("trafficctl-many-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void Ten_thousand_services_are_read_and_one_more_is_refused_with_what_to_do()
    {
        Assert.Equal(10_000, DeliveryFiles.MaxServices);
        Write(DeliveryFiles.MaxServices);
        var read = Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Ok>(DeliveryFiles.Load([directory.FullName]));
        Assert.Equal(DeliveryFiles.MaxServices, read.Value.Length);

        File.WriteAllText(Path.Combine(directory.FullName, "z.yaml"), TextOf(DeliveryFiles.MaxServices));
        var problem = Assert.Single(Problems());
        Assert.Equal("more than 10000 services", problem.Message);
        Assert.Equal("divide them among several processes, each with its own --data-dir", problem.Hint);
        Assert.EndsWith("z.yaml", problem.File, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_more_files_than_are_read_is_refused_with_what_to_do()
    {
        for (var i = 0; i <= DeliveryFiles.MaxFiles; i++) File.WriteAllBytes(Path.Combine(directory.FullName, $"{i}.yaml"), []);
        var problem = Assert.Single(Problems());
        Assert.Equal("the directory has 10001 files, at most 10000 are read", problem.Message);
        Assert.Equal("put several services into a file, as documents split by ---", problem.Hint);
    }

    /// <summary>By a search through all for each of them this would be a billion comparisons and more.</summary>
    [Fact]
    public void A_reload_of_ten_thousand_is_compared_with_the_ten_thousand_that_run_and_the_store_is_asked_for_none()
    {
        Write(DeliveryFiles.MaxServices);
        var next = Assert.IsType<Parsed<Deliveries>.Ok>(DeliveryFiles.Read([directory.FullName])).Value.Services;
        ImmutableArray<RunningService> running = [.. next.Select(d => new RunningService(d.Spec.Key, "v1", d.Spec.Versions)
        {
            Place = (d.Spec.Embedded.Listen, d.Spec.Embedded.Match),
        })];
        var asked = 0;
        Assert.Empty(RunningRules.Moved(next, running));
        Assert.Equal(([], []), RunningRules.Check(next, running, Known));
        Assert.Equal(0, asked);

        // The first half is named no longer, and the environment of the last one has another name.
        var half = next[5_000..];
        var (problems, warnings) = RunningRules.Check(half, running, Known);
        Assert.Empty(problems);
        Assert.Equal(5_000, warnings.Length);
        half = half.SetItem(4_999, half[^1] with { Spec = half[^1].Spec with { Environment = "prod" } });
        Assert.Equal([new TargetKey("s09999", "prod")], RunningRules.Moved(half, running));
        RunningRules.Check(half, running, Known);
        Assert.Equal(1, asked);

        string? Known(TargetKey key)
        {
            asked++;
            return "v1";
        }
    }

    /// <summary>Each service is held against the first one that it clashes with, not against all before it.</summary>
    [Fact]
    public void A_match_that_many_services_have_is_one_problem_of_each_but_the_first()
    {
        var text = string.Concat(Enumerable.Range(0, 4).Select(static i =>
            TextOf(10 * i).Replace($"host: s{10 * i:00000}.example", "host: same.example", StringComparison.Ordinal)));
        var problems = Assert.IsType<Parsed<Deliveries>.Problems>(
            DeliveryFiles.ReadText(Encoding.UTF8.GetBytes(text), "many.yaml", "/")).All;
        Assert.Equal(3, problems.Length);
        Assert.All(problems, static p => Assert.Equal(("match", "is the match of s00000 on the same listener"), (p.Path, p.Message)));
    }

    private ImmutableArray<Problem> Problems() =>
        Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Problems>(DeliveryFiles.Load([directory.FullName])).All;

    private void Write(int count)
    {
        for (var first = 0; first < count; first += PerFile)
            File.WriteAllText(
                Path.Combine(directory.FullName, string.Create(CultureInfo.InvariantCulture, $"s{first:00000}.yaml")),
                string.Concat(Enumerable.Range(first, PerFile).Select(TextOf)));
    }

    private static string TextOf(int service) => string.Create(CultureInfo.InvariantCulture, $$"""
        ---
        service: s{{service:00000}}
        listen: http://127.0.0.1:{{8080 + (service % 10)}}
        match: { host: s{{service:00000}}.example }
        versions: { v1: [http://10.0.0.1:5001], v2: [http://10.0.0.1:5002] }
        stable: v1

        """);
}
