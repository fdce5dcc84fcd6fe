using System.Reflection;
using TrafficCtl.Cli.Commands;
using TrafficCtl.Cli.Completion;
using Xunit;

namespace TrafficCtl.Cli.Tests;

public class UsageTests
{
    [Theory]
    [InlineData("stauts", "did you mean \"status\"?")]
    [InlineData("frobnicate", "no command \"frobnicate\"")]
    [InlineData("--bogus", "--bogus")]
    [InlineData("status --bogus", "--bogus")]
    [InlineData("status a b", "'b'")]
    [InlineData("status -o yaml", "yaml")]
    [InlineData("run", "--file")]
    [InlineData("run -f a --scheduling fast", "fast")]
    [InlineData("publish", "publish")]
    [InlineData("publish a b c", "c")]
    [InlineData("check", "check")]
    [InlineData("explain", "explain")]
    [InlineData("history --limit 0", "1 to 1000")]
    [InlineData("history --limit many", "many")]
    [InlineData("judge", "judge")]
    [InlineData("judge --explian x", "--explian")]
    [InlineData("judge x --next-weight 10001", "0 to 10000")]
    [InlineData("judge x --next-weight 101%", "101%")]
    [InlineData("judge x --next-weight 0.5", "0.5")]
    [InlineData("completion tcsh", "tcsh")]
    [InlineData("controller", "--prometheus")]
    [InlineData("controller --prometheus prometheus:9090", "prometheus:9090")]
    [InlineData("controller --prometheus http://p:9090 --scrape-interval 1h", "1h")]
    [InlineData("controller --prometheus http://p:9090 --probes 1.2.3", "1.2.3")]
    [InlineData("controller --prometheus http://p:9090 --probes https://0.0.0.0:9181", "plain HTTP")]
    [InlineData("run -f a --probes here:9181",
        "--probes: \"here:9181\" is not an address of this machine to listen on: write ADDRESS:PORT")]
    [InlineData("run -f a --probes 0.0.0.0", "names no port")]
    [InlineData("run -f a --log-level verbose",
        "\"verbose\" is not a log level: write trace, debug, information, warning, error or critical")]
    [InlineData("run -f a --log-format xml", "\"xml\" is not a log format: write text or json")]
    [InlineData("run -f a --kubernetes east=c --kubernetes east=d --prometheus http://p:9090", "--kubernetes names east twice")]
    [InlineData("run -f a --kubernetes arn:x --kubernetes b --prometheus http://p:9090", "write --kubernetes NAME=arn:x")]
    [InlineData("run -f a --kubernetes --kubernetes b --prometheus http://p:9090", "--kubernetes without a context is for one cluster")]
    [InlineData("run -f a --kubernetes b --context c --prometheus http://p:9090", "--context is for --kubernetes without a context")]
    [InlineData("run -f a --kubernetes b --kubernetes c --prometheus http://p:9090 --consul http://c:8500", "--consul is for one cluster")]
    [InlineData("run -f a --kubernetes b --kubernetes c --prometheus http://p:9090 --cluster-prometheus d=http://q:9090",
        "--cluster-prometheus: no cluster is called \"d\": there are b, c")]
    [InlineData("run -f a --kubernetes b --kubernetes c --prometheus http://p:9090 --cluster-prometheus c", "is NAME=URL, not \"c\"")]
    [InlineData("run -f a --kubernetes b --kubernetes c --cluster-prometheus b=http://p:9090",
        "--kubernetes c needs --prometheus, or --cluster-prometheus c=URL")]
    [InlineData("run -f a --kubernetes b --kubernetes c --prometheus http://p:9090 --cluster-prometheus c=q:9090", "q:9090")]
    [InlineData("run -f a --kubernetes b --kubernetes c --prometheus http://p:9090 --cluster-prometheus-selector b=x",
        "the cluster b: ")]
    [InlineData("run -f a --cluster-prometheus b=http://p:9090", "--cluster-prometheus is for a cluster: it needs --kubernetes")]
    [InlineData("controller --prometheus http://p:9090 --log-level 7", "write trace, debug, information, warning, error or critical")]
    [InlineData("controller --prometheus http://p:9090 --log-format xml", "write text or json")]
    [InlineData("controller --prometheus http://p:9090 --prometheus-token-file t", "in the clear")]
    [InlineData("controller --prometheus http://p:9090 --prometheus-ca c", "https://")]
    [InlineData("controller --prometheus http://p:9090/?x=y", "query")]
    [InlineData("controller --prometheus http://p:9090 --prometheus-selector cluster=eu-1",
        "a value in quotes is expected (at character 9): write it as cluster=\"eu-1\"")]
    [InlineData("controller --prometheus http://p:9090 --prometheus-selector __name__=\"up\"", "__name__ cannot be matched")]
    [InlineData("controller --prometheus http://p:9090 --watch-namespace Shop", "Shop")]
    [InlineData("controller --prometheus http://p:9090 --lease -x-", "-x-")]
    [InlineData("controller --prometheus http://p:9090 --consul-token-file t", "--consul")]
    [InlineData("uninstall --restore --timeout 2h", "1s and 1h")]
    [InlineData("pause --admin nonsense", "nonsense")]
    [InlineData("pause --admin ftp://127.0.0.1", "ftp")]
    public async Task A_command_line_without_sense_ends_with_2(string line, string says)
    {
        var run = await Run.OfAsync(line.Split(' '));
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("trafficctl", run.Error);
        Assert.Contains(says, run.Error);
    }

    [Theory]
    [InlineData("TRAFFICCTL_PROBES", "9181", "TRAFFICCTL_PROBES: \"9181\" names no port")]
    [InlineData("TRAFFICCTL_LOG_LEVEL", "loud", "TRAFFICCTL_LOG_LEVEL: \"loud\" is not a log level")]
    [InlineData("TRAFFICCTL_LOG_FORMAT", "xml", "TRAFFICCTL_LOG_FORMAT: \"xml\" is not a log format")]
    public async Task A_bad_variable_is_wrong_usage_too_and_an_option_overrules_it(string variable, string value, string says)
    {
        foreach (var line in (string[])["run -f /nowhere", "controller --prometheus http://127.0.0.1:9 --kubeconfig /nowhere"])
        {
            var run = await Run.InAsync(name => name == variable ? value : null, line.Split(' '));
            Assert.Equal((2, ""), (run.ExitCode, run.Out));
            Assert.Contains(says, run.Error, StringComparison.Ordinal);

            var overruled = await Run.InAsync(
                name => name == variable ? value : null,
                [.. line.Split(' '), "--probes", "127.0.0.1:1", "--log-level", "info", "--log-format", "text"]);
            Assert.Equal(1, overruled.ExitCode);
            Assert.Contains("/nowhere", overruled.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--prometheus http://ann:s3cret@p:9090")]
    [InlineData("--prometheus ann:s3cret@p:9090")]
    [InlineData("--prometheus http://p:9090 --alertmanager http://ann:s3cret@a:9093")]
    [InlineData("--prometheus http://p:9090 --consul https://ann:s3cret@c:8501")]
    public async Task Addresses_with_a_password_are_refused_and_it_is_not_repeated(string options)
    {
        var run = await Run.OfAsync($"controller {options}".Split(' '));
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains("a user or a password in an address", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run -f /nowhere --prometheus http://ann:s3cret@p:9090")]
    [InlineData("run -f /nowhere --alertmanager http://ann:s3cret@a:9093")]
    [InlineData("check /nowhere --alertmanager http://ann:s3cret@a:9093")]
    public async Task What_is_asked_beside_the_proxy_is_named_without_a_password_too(string line)
    {
        var run = await Run.OfAsync(line.Split(' '));
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains("a user or a password in an address", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--prometheus-token-file")]
    [InlineData("--prometheus-ca")]
    [InlineData("--prometheus-selector")]
    public async Task What_is_said_of_a_prometheus_without_an_address_is_refused(string option)
    {
        var run = await Run.OfAsync("run", "-f", "/nowhere", option, "x");
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains($"{option} is for Prometheus: name its address with --prometheus", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run -f /nowhere")]
    [InlineData("controller --prometheus http://127.0.0.1:9 --kubeconfig /nowhere")]
    public async Task A_refused_start_is_one_JSON_object_a_line_where_logs_are(string line)
    {
        var run = await Run.OfAsync([.. line.Split(' '), "--log-format", "json"]);
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        foreach (var problem in run.Error.TrimEnd('\n').Split('\n'))
        {
            var record = System.Text.Json.Nodes.JsonNode.Parse(problem)!;
            Assert.Equal("critical", (string)record["level"]!);
            Assert.Contains("/nowhere", (string)record["message"]!, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_argument_prints_the_help_and_ends_with_2()
    {
        var run = await Run.OfAsync();
        Assert.Equal(2, run.ExitCode);
        Assert.All(CommandList.All, c => Assert.Contains(c.About, run.Out));
    }

    [Fact]
    public async Task Every_command_has_a_help_of_its_own()
    {
        foreach (var command in CommandList.All)
        {
            var run = await Run.OfAsync(command.Name, "--help");
            Assert.Equal((0, ""), (run.ExitCode, run.Error));
            Assert.Contains($"trafficctl {command.Name}", run.Out.Replace(RootName, "trafficctl", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_help_of_run_gives_its_default_as_it_is_typed()
    {
        var run = await Run.OfAsync("run", "--help");
        Assert.Contains("[default: 30d]", run.Out);
        Assert.DoesNotContain("00:00", run.Out);
    }

    [Theory]
    [InlineData("--kubeconfig nowhere", "nowhere: there is no such kubeconfig")]
    [InlineData("--admin http://0.0.0.0:9180", "can be reached from other machines")]
    public async Task A_controller_that_cannot_start_says_why_and_ends_with_1(string options, string says)
    {
        var run = await Run.OfAsync($"controller --prometheus http://127.0.0.1:9 {options}".Split(' '));
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("trafficctl", run.Error);
        Assert.Contains(says, run.Error);
    }

    [Fact]
    public async Task The_help_of_controller_gives_its_default_as_it_is_typed()
    {
        var run = await Run.OfAsync("controller", "--help");
        Assert.Contains("[default: 15s]", run.Out);
        Assert.DoesNotContain("00:00", run.Out);
    }

    [Fact]
    public async Task Uninstall_without_restore_explains_what_would_be_left_and_asks_no_cluster()
    {
        var run = await Run.OfAsync("uninstall", "--kubeconfig", "/nowhere");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("Nothing was done.", run.Out, StringComparison.Ordinal);
        Assert.Contains("--restore", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Uninstall_says_where_it_looked_for_a_cluster()
    {
        var run = await Run.OfAsync("uninstall", "--restore", "--kubeconfig", "/nowhere");
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("/nowhere", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prints_its_version()
    {
        var run = await Run.OfAsync("--version");
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^trafficctl \d+\.\d+\.\d+( \([0-9a-f]+\))?\n$", run.Out);
    }

    [Theory]
    [InlineData("http://0.0.0.0:9180")]
    [InlineData("http://10.1.2.3:9180")]
    public async Task Refuses_to_listen_where_others_can_ask(string admin)
    {
        var run = await Run.OfAsync("run", "-f", "x.yaml", "--admin", admin);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("add --admin-tls-cert FILE --admin-tls-key FILE", run.Error);
    }

    [Theory]
    [InlineData("https://0.0.0.0:9443", "", "https://0.0.0.0:9443 needs a certificate: add --admin-tls-cert FILE --admin-tls-key FILE")]
    [InlineData("http://127.0.0.1:9443", "--admin-tls-cert c --admin-tls-key k", "write --admin https://127.0.0.1:9443")]
    [InlineData("http://127.0.0.1:9443", "--admin-client-ca ca", "--admin-client-ca is for https: write --admin https://127.0.0.1:9443")]
    [InlineData("https://127.0.0.1:9443", "--admin-tls-cert c --admin-tls-key k --admin-client-ca ca", "needs --grants FILE")]
    public async Task Says_what_an_admin_address_needs(string admin, string more, string says)
    {
        var run = await Run.OfAsync(["run", "-f", "x.yaml", "--admin", admin, .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(says, run.Error);
    }

    [Fact]
    public async Task A_certificate_of_the_admin_address_comes_with_its_key() => Assert.Equal(
        2, (await Run.OfAsync("run", "-f", "x.yaml", "--admin-tls-cert", "c")).ExitCode);

    [Fact]
    public async Task Completion_lists_every_command()
    {
        var run = await Run.OfAsync("[suggest:11]", "trafficctl ");
        Assert.Equal(0, run.ExitCode);
        Assert.Superset(
            CommandList.All.Select(c => c.Name).ToHashSet(StringComparer.Ordinal), run.Out.Split('\n').ToHashSet(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("[suggest]", "trafficctl sta", "status\n")]
    [InlineData("[suggest:14]", "trafficctl sta --output", "status\n")]
    [InlineData("[suggest]", "./bin/trafficctl prom", "promote\n")]
    [InlineData("[suggest]", "trafficctl promote --f", "--full\n")]
    [InlineData("[suggest]", "trafficctl status --output j", "json\n")]
    [InlineData("[suggest]", "trafficctl completion z", "zsh\n")]
    [InlineData("[suggest]", "trafficctl run --log-level w", "warning\n")]
    [InlineData("[suggest]", "trafficctl controller --log-format j", "json\n")]
    public async Task Completes_what_was_begun(string directive, string line, string expected) =>
        Assert.Equal(expected, (await Run.OfAsync(directive, line)).Out);

    [Theory]
    [InlineData("bash", "complete -o default -F _trafficctl trafficctl")]
    [InlineData("zsh", "compdef _trafficctl trafficctl")]
    [InlineData("fish", "complete -c trafficctl")]
    public async Task Prints_the_script_of_each_shell(string shell, string holds)
    {
        var run = await Run.OfAsync("completion", shell);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(holds, run.Out);
        Assert.Contains("[suggest:", run.Out);
        Assert.Equal(3, Scripts.ByShell.Count);
    }

    /// <summary>Help names the running program; here that is the test.</summary>
    private static string RootName => Path.GetFileNameWithoutExtension(Assembly.GetEntryAssembly()!.Location);
}
