using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config;

public class ReadmeTests
{
    private static readonly Regex Block = new("```yaml\\n(?<yaml>.*?)```", RegexOptions.CultureInvariant | RegexOptions.Singleline);

    private static readonly Regex Service = new("^service: ", RegexOptions.CultureInvariant | RegexOptions.Multiline);

    private static ImmutableArray<string> Files { get; } =
    [
        .. Block.Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n"))
            .Select(static m => m.Groups["yaml"].Value).Where(static yaml => Service.IsMatch(yaml)),
    ];

    [Fact]
    public void Every_delivery_file_of_the_readme_is_good()
    {
        Assert.Equal(4, Files.Length);
        Assert.All(Files, static yaml => Assert.IsType<Parsed<Deliveries>.Ok>(Read(yaml)));
    }

    [Fact]
    public void The_readme_shows_two_environments_in_one_process() => Assert.Equal(
        ["checkout@test", "checkout@prod"],
        ((Parsed<Deliveries>.Ok)Read(Files[1])).Value.Services.Select(static d => d.Spec.Key.ToString()));

    [Fact]
    public void The_readme_shows_two_targets_of_one_environment() => Assert.Equal(
        ["checkout@prod/east", "checkout@prod/west"],
        ((Parsed<Deliveries>.Ok)Read(Files[2])).Value.Services.Select(static d => d.Spec.Key.ToString()));

    [Fact]
    public void The_readme_shows_a_whole_rollout_that_does_what_its_comments_say()
    {
        var spec = Assert.Single(((Parsed<Deliveries>.Ok)Read(Files[3])).Value.Services).Spec;
        Assert.Equal(
            [
                "95 % of employees for 02:00:00, 50", "100 % of employees for 00:15:00, 50", "1 % of everybody for 00:10:00, 200",
                "5 % of everybody for 00:10:00, 200",
                "25 % of everybody for 00:30:00, 2000", "50 % of everybody for 00:30:00, 2000", "95 % of everybody for 02:00:00, 2000",
            ],
            spec.Plan.Steps.Select(static s => $"{s.Weights} of {s.Cohort ?? "everybody"} for {s.Dwell}, {s.AtLeast.Requests}"));
        Assert.Equal(TimeSpan.FromHours(24), spec.Plan.Watch);
    }

    [Fact]
    public void The_readme_has_a_row_for_every_key()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var begin = page.IndexOf("### The delivery file", StringComparison.Ordinal);
        var table = page[begin..page.IndexOf("\n## ", begin, StringComparison.Ordinal)];
        var keys = DeliverySchema.Root.Keys.Concat(PipelineSchema.Root.Keys).Select(static k => k.Name).Distinct(StringComparer.Ordinal);
        Assert.All(keys, key => Assert.Matches($"\\| [^|]*`{key}[`.:][^|]*\\|", table));
    }

    private static Parsed<Deliveries> Read(string yaml) =>
        DeliveryFiles.ReadText(Encoding.UTF8.GetBytes(yaml), "README.md", ".");
}
