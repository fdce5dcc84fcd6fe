using System.CommandLine;
using TrafficCtl.Cli.Commands;
using TrafficCtl.Cli.Invocation;
using Xunit;

namespace TrafficCtl.Cli.Tests;

/// <summary>Every option and argument of every command, with values that nobody means: one line, exit code 1 or 2, never a trace.</summary>
public sealed class ArgumentTableTests
{
    /// <summary>Not in the root of the file system: there a superuser's mistake would stay, and other tests find it.</summary>
    private static readonly string NowhereRoot = Path.Combine(Path.GetTempPath(), $"trafficctl-nowhere-{Environment.ProcessId}");

    private static readonly string Nowhere = Path.Combine(NowhereRoot, "of", "any", "machine");

    private static readonly string[] NeverMeant =
    [
        "", "\0", "a\0b", "\u001b[2J", "two\nlines", "a\rb", "a\tb", "\u007f", "\u009b31m", "\u202egnp.exe", "\u2066x", "a\u200bb",
        "\ufeffx", "a\u2028b", "\ud83d", "not UTF-8 \ufffd", new string('x', 4097),
    ];

    /// <summary>Good words as far as characters go, and yet of no use: they reach the command's own checks.</summary>
    private static readonly string[] OfNoUse =
        [new string('x', 4000), "http://" + new string('x', 4000), "-", "99999999999999999999999", "../" + new string('.', 300)];

    /// <summary>The least that a command needs; it finds nothing to work on, so that it ends by itself.</summary>
    private static readonly Dictionary<string, string[]> Least = new(StringComparer.Ordinal)
    {
        ["run"] = ["--file", Nowhere],
        ["controller"] = ["--prometheus", "http://127.0.0.1:9", "--kubeconfig", Nowhere],
        ["uninstall"] = ["--restore", "--kubeconfig", Nowhere],
        ["demo"] = ["--scenario", "none"],
        ["check"] = [Nowhere],
        ["explain"] = [Nowhere],
        ["publish"] = ["v2"],
        ["stop-versions"] = ["--data-dir", Nowhere],
        ["token"] = ["revoke", "ci", "--file", Nowhere],
        ["judge"] = [Nowhere],
        ["simulate"] = ["--rule", "none"],
        ["replay"] = ["--data-dir", Nowhere],
        ["completion"] = ["none"],
        ["schema"] = ["--output", "none"],
    };

    public static TheoryData<string> Commands => [.. CommandList.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task No_value_of_any_option_or_argument_ends_in_a_trace_or_leaves_a_file(string name)
    {
        var before = Directory.GetFileSystemEntries(Environment.CurrentDirectory);
        foreach (var words in Places(name))
        {
            foreach (var value in NeverMeant) await CheckAsync(words(value), isOneLine: true);
            foreach (var value in OfNoUse) await CheckAsync(words(value), isOneLine: false);
        }

        await CheckAsync([name, .. LeastOf(name), "--no-such-option", "\u001b[2J"], isOneLine: true);
        await CheckAsync([name, "--no-such-option=\u001b[2J"], isOneLine: true);
        await CheckAsync([name, "--no-such-option="], isOneLine: true);
        Assert.Equal(before.Order(), Directory.GetFileSystemEntries(Environment.CurrentDirectory).Order());
        Assert.False(Path.Exists(NowhereRoot), $"{name} made {NowhereRoot}");
    }

    [Theory]
    [InlineData("trafficctl status: usage: the value of --admin is empty: see trafficctl status --help", "status", "--admin", "")]
    [InlineData("trafficctl status: usage: the value of --admin is empty: see trafficctl status --help", "status", "--admin=")]
    [InlineData("trafficctl run: usage: the value of -f is empty: see trafficctl run --help", "run", "-f", "")]
    [InlineData("trafficctl run: usage: the value of --data-dir is empty: see trafficctl run --help", "run", "-f", "x", "--data-dir", "")]
    [InlineData("trafficctl check: usage: argument 2 is empty: see trafficctl check --help", "check", "")]
    [InlineData(
        "trafficctl abort: usage: the value of --reason has the character U+000A (line feed); write one line of printable text: "
        + "see trafficctl abort --help",
        "abort", "--reason", "two\nlines")]
    [InlineData(
        "trafficctl: usage: argument 1 has the character U+001B (escape); write one line of printable text: see trafficctl --help",
        "\u001b[2J")]
    [InlineData("trafficctl check: usage: argument 2 is not UTF-8: see trafficctl check --help", "check", "caf\ufffd.yaml")]
    public async Task Says_which_value_is_wrong_and_not_the_value(string says, params string[] args) =>
        Assert.Equal(new Run(2, "", says + "\n"), await Run.OfAsync(args));

    [Fact]
    public async Task A_reason_has_an_end()
    {
        var run = await Run.OfAsync("abort", "checkout", "--reason", new string('x', 1025));
        const string Says = "trafficctl abort: usage: --reason has 1025 characters; 1024 are allowed: see trafficctl abort --help\n";
        Assert.Equal(new Run(2, "", Says), run);
    }

    [Fact]
    public async Task An_empty_variable_is_none()
    {
        var run = await Run.OfAsync("", ["run", "-f", Nowhere]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("there is no such file", run.Error, StringComparison.Ordinal);
    }

    private static async Task CheckAsync(string[] args, bool isOneLine)
    {
        var run = await Run.OfAsync("http://127.0.0.1:9", args);
        var line = string.Join(' ', args);
        Assert.True(run.ExitCode is 1 or 2, $"{line}: {run.ExitCode} {run.Out} {run.Error}");
        Assert.True(run.Error.Length > 1, line);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(App.TraceVariable, run.Error, StringComparison.Ordinal);
        Assert.All(run.Error[..^1], c => Assert.True(c == '\n' || !char.IsControl(c), line));
        if (isOneLine) Assert.Equal((2, "", 1), (run.ExitCode, run.Out, run.Error.TrimEnd('\n').Split('\n').Length));
    }

    /// <summary>Each place of a command where a value stands, with the rest as the command needs it.</summary>
    private static IEnumerable<Func<string, string[]>> Places(string name)
    {
        var entry = CommandList.All.Single(c => c.Name == name);
        var command = new Command(entry.Name);
        entry.Build(command, SurroundingsOf());
        foreach (var option in command.Options.Where(o => o.ValueType != typeof(bool)))
            yield return value => [name, .. LeastOf(name, option.Name), option.Name, value];
        if (command.Arguments.Count > 0) yield return value => [name, .. LeastOf(name).Where(w => w.StartsWith('-')), value];
    }

    private static IEnumerable<string> LeastOf(string name, string? without = null)
    {
        var words = Least.GetValueOrDefault(name, []);
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == without) i++;
            else yield return words[i];
        }
    }

    private static Surroundings SurroundingsOf() =>
        new(TextWriter.Null, TextWriter.Null, false, static () => (100, 40), static _ => null, "ana", TimeProvider.System);
}
