using System.Text.Json;
using Xunit;

namespace TrafficCtl.Cli.Tests.Simulating;

public class SimulateTests
{
    private static readonly string[] Tiny = [
        "simulate", "--scenario", "null", "err.5-5", "--rps", "200", "--rule", "flagger", "naive-z", "--runs", "2", "--seed", "3"
    ];

    [Fact]
    public async Task Prints_one_table_of_nulls_and_one_of_regressions()
    {
        var run = await Run.OfAsync(Tiny);
        Assert.Equal(0, run.ExitCode);
        GoldenText.Check("simulate", run.Out);
    }

    [Fact]
    public async Task Is_the_same_on_any_number_of_threads_and_in_json()
    {
        var one = await Run.OfAsync([.. Tiny, "-o", "json", "--threads", "1"]);
        var three = await Run.OfAsync([.. Tiny, "-o", "json", "--threads", "3"]);
        Assert.Equal(one.Out, three.Out);
        var cells = JsonDocument.Parse(one.Out).RootElement.GetProperty("cells").EnumerateArray().ToArray();
        Assert.Equal(4, cells.Length);
        Assert.Single(one.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Writes_numbers_and_plots_into_a_folder()
    {
        var folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var run = await Run.OfAsync([.. Tiny, "--out", folder]);
            Assert.Equal(0, run.ExitCode);
            Assert.Equal(
                ["bad-responses.svg", "comparison.csv", "comparison.json", "false-rollback.svg", "missed.svg", "time-to-detect.svg"],
                Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

            run = await Run.OfAsync("simulate", "--type-i", "--scenario", "iid", "--runs", "2", "--looks", "20", "--out", folder);
            Assert.Equal(0, run.ExitCode);
            Assert.Contains("without --type-i the plots", (await Run.OfAsync("simulate", "--help")).Out);
            Assert.Equal(8, Directory.GetFiles(folder).Length);
            Assert.Equal(3, File.ReadLines(Path.Combine(folder, "type-i.csv")).Count());
            Assert.Equal(2, JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "type-i.json"))).RootElement
                .GetProperty("cases")
                .GetArrayLength());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Refuses_a_folder_that_it_cannot_write_before_it_begins()
    {
        var file = Path.GetTempFileName();
        try
        {
            var run = await Run.OfAsync([.. Tiny, "--out", file]);
            Assert.Equal((1, ""), (run.ExitCode, run.Out));
            Assert.Equal($"trafficctl: cannot write: {file}: it is a file, not a folder. Name a folder that you may write to\n", run.Error);
            run = await Run.OfAsync([.. Tiny, "--out", ""]);
            Assert.Equal("trafficctl simulate: usage: the value of --out is empty: see trafficctl simulate --help\n", run.Error);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Checks_the_error_rate_at_nulls()
    {
        var run = await Run.OfAsync("simulate", "--type-i", "--scenario", "iid", "ar.3", "--runs", "3", "--looks", "50");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("False failures at alpha 1 %: 3 runs of 50 looks each", run.Out);
        Assert.Contains("iid   100    yes       0 (0 %)", run.Out);
        Assert.Contains("ar.3  1,000  no ", run.Out);
    }

    [Theory]
    [InlineData("--runs 2 --rule ours flagger", true)]
    [InlineData("--runs 2 --rule ours flagger -o json", true)]
    [InlineData("--runs 2 --rule flagger naive-z", false)]
    [InlineData("--runs 200 --rule ours flagger", false)]
    public async Task Few_runs_are_too_rough_to_compare_rules(string options, bool isRough)
    {
        var run = await Run.OfAsync(["simulate", "--scenario", "null", "err.5-5", "--rps", "5", .. options.Split(' ')]);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(isRough, run.Error.Contains("rough: with 2 runs a cell it is partly chance", StringComparison.Ordinal));
        Assert.Equal(isRough, run.Error.Contains("rough", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ends_with_1_when_it_is_interrupted()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var run = await Run.OfAsync(null, ["simulate", "--full"], stop: stop.Token);
        Assert.Equal((1, "", "trafficctl: interrupted\n"), (run.ExitCode, run.Out, run.Error));
    }

    [Theory]
    [InlineData("--scenario nul", "did you mean \"null\"?")]
    [InlineData("--scenario iid", "--scenario has no \"iid\"")]
    [InlineData("--type-i --scenario null", "it is one of iid,")]
    [InlineData("--rule fagger", "did you mean \"flagger\"?")]
    [InlineData("--rps 0", "--rps is a number from 0.1 to 100000, not \"0\"")]
    [InlineData("--rps 5 many", "not \"many\"")]
    [InlineData("--rps -5", "-5")]
    [InlineData("--runs 0", "--runs is a whole number from 1 to 1000000")]
    [InlineData("--threads none", "--threads")]
    [InlineData("--seed -1", "--seed")]
    [InlineData("--looks 10", "--looks goes with --type-i only")]
    [InlineData("--type-i --rule ours", "--rule does not go with --type-i")]
    [InlineData("--type-i --rps 5", "--rps 5 is of none of these nulls; theirs are 100, 500, 1000, 5000")]
    [InlineData("--type-i --rps 100 --scenario bursts", "theirs are 5000")]
    [InlineData("-o yaml", "yaml")]
    public async Task An_option_without_sense_ends_with_2(string line, string says)
    {
        var run = await Run.OfAsync(["simulate", .. line.Split(' ')]);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("trafficctl simulate: usage: ", run.Error);
        Assert.Contains(says, run.Error);
    }

    [Theory]
    [InlineData("trafficctl simulate --rule fl", "flagger\nflagger-10\n")]
    [InlineData("trafficctl simulate --scenario users", "users1%\n")]
    [InlineData("trafficctl simulate --ty", "--type-i\n")]
    public async Task Completes_its_names(string line, string expected) =>
        Assert.Equal(expected, (await Run.OfAsync("[suggest]", line)).Out);
}
