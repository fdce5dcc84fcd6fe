using System.Collections.Immutable;
using System.Runtime.Versioning;
using System.Text;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Pipelines;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config.Pipelines;

/// <summary>Files with environments: what is refused, where, and with what to write.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PipelineProblemTests
{
    private const string Run = "runtime: { process: { command: \"{artifact} {port}\", health: /healthz } }";

    [Theory]
    [InlineData("prod: { after: [prod] }", "prod.after", "circle: prod after prod", "remove one")]
    [InlineData("prod: { after: [stagign] }", "prod.after[0]", "there is no environment stagign", "did you mean \"staging\"?")]
    [InlineData("prod: { after: [east] }", "prod.after[0]", "there is no environment east", "known: staging, prod")]
    [InlineData("prod: { after: [staging, staging] }", "prod.after[1]", "names staging twice", "remove one")]
    [InlineData("prod: { needs: [{ soak: { in: stage, for: 1h } }] }", "prod.needs[0].soak.in", "there is no environment stage", "staging")]
    [InlineData(
        "prod: { after: [], needs: [{ soak: { in: staging, for: 1h } }] }", "prod.needs[0].soak.in", "staging does not come before prod",
        "`after: [staging]`")]
    [InlineData(
        "prod: { needs: [{ soak: { in: prod, for: 1h } }] }", "prod.needs[0].soak.in", "prod does not come before prod", "before it")]
    [InlineData("prod: { needs: [{ approve: { by: leads } }] }", "prod.needs[0].deadline", "may stay closed for ever", "`deadline: 24h`")]
    [InlineData("prod: { verify: [{ run: ./smoke.sh, then: fail }] }", "prod.verify[0].then", "there is none", "`deadline: 24h`")]
    [InlineData(
        "prod: { needs: [{ verify: { run: ./smoke.sh }, then: fail }] }", "prod.needs[0].then", "there is none", "`deadline: 24h`")]
    [InlineData("prod: { verify: [{ run: ./a }, { run: ./a }] }", "prod.verify[1]", "stands there before", "remove one")]
    [InlineData("prod: { verify: [./smoke.sh] }", "prod.verify", "found a list of values", "[{ run: ./smoke.sh }]")]
    [InlineData("prod: { verify: [{ runs: ./a, run: ./a }] }", "prod.verify[0].runs", "unknown key", "did you mean \"run\"?")]
    [InlineData("prod: { when: { allow: \"09:00-09:00 UTC\" } }", "prod.when.allow", "it would never open", "00:00-24:00")]
    [InlineData("prod: { when: { allow: \"09:00-16:00 Europe/Berln\" } }", "prod.when.allow", "no time zone", "Europe/Berlin")]
    [InlineData(
        "prod: { needs: [{ window: [\"mon UTC\"] }, { window: [\"tue UTC\"] }] }", "prod.needs", "never open at once", "into one list")]
    [InlineData("prod: { mode: manual }", "prod.mode", "expected one of auto, propose, on-demand", null)]
    [InlineData("prod: { mode: autos }", "prod.mode", "found \"autos\"", "did you mean \"auto\"?")]
    [InlineData("prod: { drift: fix }", "prod.drift", "expected one of correct, alert, observe", null)]
    [InlineData("prod: { rollout: [{ weights: [5, 5, 100] }] }", "prod.rollout[0].weights[1]", "must rise", null)]
    [InlineData("prod: { strategy: all-at-once, holdback: 1h }", "prod.holdback", "belongs to the strategy canary", "remove it")]
    [InlineData("prod: { verfy: [{ run: ./a }] }", "prod.verfy", "unknown key", "did you mean \"verify\"?")]
    [InlineData("prod: { hold: 5m }", "prod.hold", "unknown key", "`rollout: [{ weights: [5, 25, 50, 100], hold: 1m }]`")]
    [InlineData("prod: { stable: v1 }", "prod.stable", "does not belong here", "leave it out")]
    [InlineData("prod: { artifact: ./r }", "prod.artifact", "does not belong here", "beside environments")]
    [InlineData("prod: { target: \"k8s://prod/shop\" }", "prod.target", "is not available in this version", "leave it out")]
    [InlineData("prod: { runtime: static }", "prod.runtime", "has no versions", "`versions: { v1: [http://127.0.0.1:5001] }`")]
    [InlineData(
        "prod: { versions: { v1: [http://127.0.0.1:5001] } }", "prod.versions", "stands beside a process runtime", "`runtime: static`")]
    [InlineData("prod: { runtime: { process: { env: { A: \"{prot}\" } } } }", "prod.runtime.process.env.A", "names {prot}", "port")]
    [InlineData(
        "prod: { runtime: { process: { env: { TRAFFICCTL_RUNTIME: x } } } }", "prod.runtime.process.env.TRAFFICCTL_RUNTIME",
        "the daemon's own", "another name")]
    [InlineData("prod: { runtime: { process: { env: { 1A: x } } } }", "prod.runtime.process.env.1A", "is not a name", "no digit first")]
    [InlineData("prod: { runtime: { process: { in: ./nowhere } } }", "prod.runtime.process.in", "there is no folder", "make it first")]
    [InlineData("prod: { runtime: { kubernetes: {} } }", "prod.runtime.kubernetes", "is not available in this version", "leave it out")]
    [InlineData("prod: { tls: { cert: cert.pem, key: key.pem } }", "prod.tls", "the listener is not https", "write https://")]
    public void What_is_wrong_in_an_environment_is_told_there(string environment, string path, string message, string? hint)
    {
        var keys = environment["prod: {".Length..];
        var problem = Assert.Single(Problems($$"""
            service: shop
            artifact: ./releases/{version}/shop
            {{Run}}
            environments:
              staging: { listen: http://127.0.0.1:8082 }
              prod: { listen: http://127.0.0.1:8080,{{keys}}
            """));
        Assert.Equal($"environments.{path}", problem.Path);
        AssertSays(problem, message, hint);
        Assert.True(problem is { Line: 5 or 6, Column: > 1 }, problem.ToString());
    }

    [Theory]
    [InlineData("prod: { }", "prod", "needs one of listen, targets", "listen: http://127.0.0.1:8080")]
    [InlineData("prod: ", "prod", "needs a value: an environment", "listen: http://127.0.0.1:8080")]
    [InlineData("prod: http://127.0.0.1:8080", "prod", "found one value", "listen: http://127.0.0.1:8080")]
    [InlineData("prod: { listen: http://127.0.0.1:8082 }", "prod.listen", "is the match of shop@staging on the same listener", "match")]
    [InlineData("prod: { listen: http://127.0.0.1:8081, targets: { listen: { eu: http://127.0.0.1:8080 } } }", "prod.targets",
        "only one of listen, targets", null)]
    [InlineData("prod: { targets: { listen: { eu: http://127.0.0.1:8080, us: http://127.0.0.1:8080 } } }", "prod.targets.listen.us",
        "is the match of shop@prod/eu", null)]
    [InlineData("prod: { targets: { listen: { eu: http://127.0.0.1:8080 }, tolerate: 1 } }", "prod.targets.tolerate",
        "1 of 1 targets may be away", "write 0 at most")]
    [InlineData("prod: { targets: { tolerate: 1 } }", "prod.targets.listen", "is missing", "eu: http://127.0.0.1:8080")]
    [InlineData("Prod: { listen: http://127.0.0.1:8080 }", "Prod", "is not a name", "lower-case")]
    [InlineData("staging: { listen: http://127.0.0.1:8080 }", "staging", "given twice", "remove one")]
    [InlineData("prod: { listen: https://127.0.0.1:8080 }", "prod.listen", "https needs a certificate", "tls")]
    public void Every_environment_has_a_place_of_its_own(string environment, string path, string message, string? hint)
    {
        var problems = Problems($$"""
            service: shop
            artifact: ./releases/{version}/shop
            {{Run}}
            environments:
              staging: { listen: http://127.0.0.1:8082 }
              {{environment}}
            """);
        var problem = problems.First(p => p.Path == $"environments.{path}");
        AssertSays(problem, message, hint);
    }

    [Theory]
    [InlineData("artifact: ./releases/checkout", Run, "artifact", "one folder of the path is to be {version}", null)]
    [InlineData("artifact: ghcr.io/acme/shop", Run, "artifact", "one folder of the path is to be {version}", null)]
    [InlineData("match: { path: /a }", Run, "runtime.process", "needs an artifact", "`artifact: ./releases/{version}/checkout`")]
    [InlineData("artifact: ./r/{version}", "runtime: { process: { command: \"{artifact} {port}\" } }", "runtime.process.health",
        "is missing", "`health: /healthz`")]
    [InlineData("artifact: ./r/{version}", "runtime: { process: { health: /healthz } }", "runtime.process.command", "is missing",
        "`command: \"{artifact} --urls http://127.0.0.1:{port}\"`")]
    [InlineData("artifact: ./r/{version}", "runtime: { process: { command: \"{artfact} {port}\", health: /healthz } }",
        "runtime.process.command", "names {artfact}, which has no value", "did you mean \"artifact\"?")]
    [InlineData("artifact: ./r/{version}", "runtime: { process: { command: \"{artifact} 'a\", health: /healthz } }",
        "runtime.process.command", "has a single quote that is not closed", null)]
    [InlineData("artifact: ./r/{version}", "runtime: { process: { command: \"{artifact}\", health: /healthz } }",
        "runtime.process.command", "names {port} nowhere", "add {port}")]
    [InlineData("artifact: ./r/{version}", "runtime: { process: { command: \"{artifact} {port}\", health: healthz } }",
        "runtime.process.health.path", "is not a path such as /healthz", null)]
    [InlineData("artifact: ./r/{version}", "runtime: { static: { } }", "runtime.static", "does not belong here", "`runtime: static`")]
    [InlineData("artifact: ./r/{version}", "runtime: { process: { command: \"{artifact} {port}\", health: /a }, proces: 1 }",
        "runtime.proces", "unknown key", "did you mean \"process\"?")]
    [InlineData("artifact: ./r/{version}", "runtime: procces", "runtime", "expected a runtime (a map, or static)", "process")]
    [InlineData("artifact: ./r/{version}", "identity: [header:x-a]", "environments.prod.runtime",
        "nothing would start a version", "process")]
    [InlineData("artifact: ./r/{version}\nversions: { v1: [http://127.0.0.1:5001] }", Run, "versions", "stands beside a process runtime",
        "`runtime: static`")]
    [InlineData("artifact: ./r/{version}\nlisten: http://127.0.0.1:1", Run, "listen", "does not belong here", "has its own")]
    [InlineData("artifact: ./r/{version}\nstable: v1", Run, "stable", "does not belong here", "leave it out")]
    [InlineData("artifact: ./r/{version}\nrollout: [{ weights: [100] }]", Run, "rollout", "does not belong here", "has its own")]
    [InlineData("artifact: ./r/{version}\nneeds: [{ quiet: [alerts] }]", Run, "needs", "does not belong here", "has its own")]
    [InlineData("artifact: ./r/{version}\nverify: [{ run: ./a }]", Run, "verify", "does not belong here", "has its own")]
    [InlineData("artifact: ./r/{version}\nbundle: { pair-by: commit }", Run, "bundle", "is not available in this version", null)]
    [InlineData("artefact: ./r/{version}", "runtime: static\nversions: { v1: [http://127.0.0.1:5001] }", "artefact", "unknown key",
        "did you mean \"artifact\"?")]
    [InlineData("artifact: ./r/{version}\ntls: { cert: cert.pem, key: key.pem }", Run, "tls", "no environment is https", "write https://")]
    public void What_is_wrong_with_the_service_is_told_once(string artifact, string runtime, string path, string message, string? hint)
    {
        var problems = Problems($$"""
            service: shop
            {{artifact}}
            {{runtime}}
            environments: { staging: { listen: http://127.0.0.1:8082 }, prod: { listen: http://127.0.0.1:8080 } }
            """);
        var problem = problems.Single(p => p.Path == path);
        Assert.All(problems, p => Assert.Equal(p.Message, problem.Message));
        AssertSays(problem, message, hint);
    }

    [Theory]
    [InlineData("artifact: ./r/{version}", "artifact")]
    [InlineData(Run, "runtime")]
    public void A_service_without_environments_has_no_keys_of_a_pipeline(string key, string path)
    {
        var problem = Assert.Single(Problems($$"""
            service: shop
            listen: http://127.0.0.1:8080
            versions: { v1: [http://127.0.0.1:5001] }
            stable: v1
            {{key}}
            """));
        Assert.Equal((path, "does not belong here"), (problem.Path, problem.Message));
        Assert.Contains("environments", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        var problems = Problems("""
            service: shop
            listen: http://127.0.0.1:1
            artifact: ./releases/shop
            runtime: { process: { command: "{artfact} {port}", health: /healthz, stop: 10 } }
            environments:
              test: { listen: 127.0.0.1:8081, after: [prod] }
              prod: { needs: [{ soak: { in: tset, for: 4h } }, { approve: { by: leads } }], when: { allow: "09:00 UTC" } }
            """);
        Assert.Equal(
            [
                "2:1 listen", "3:11 artifact", "4:32 runtime.process.command", "4:76 runtime.process.stop", "6:19 environments.test.listen",
                "6:42 environments.test.after", "7:9 environments.prod", "7:33 environments.prod.needs[0].soak.in",
                "7:52 environments.prod.needs[1].deadline", "7:96 environments.prod.when.allow",
            ],
            problems.Select(static p => $"{p.Line}:{p.Column} {p.Path}"));
    }

    [Theory]
    [InlineData("test: [prod]", "test", "test after prod after staging after test")]
    [InlineData("staging: [staging]", "staging", "staging after staging")]
    [InlineData("test: [staging]", "test", "test after staging after test")]
    public void A_circle_of_environments_is_named(string after, string at, string circle)
    {
        var (name, names) = (after.Split(": ")[0], after.Split(": ")[1]);
        var lines = ((string[])["test", "staging", "prod"]).Select((e, i) =>
            $"  {e}: {{ listen: http://127.0.0.1:808{i}{(e == name ? $", after: {names}" : "")} }}");
        var problem = Assert.Single(Problems(
            $"service: shop\nversions: {{ v1: [http://127.0.0.1:5001] }}\nenvironments:\n{string.Join('\n', lines)}\n"));
        Assert.Equal($"environments.{at}.after", problem.Path);
        AssertSays(problem, $"in a circle: {circle}", "`after: []`");
    }

    [Fact]
    public void A_service_has_one_pipeline()
    {
        const string one = """
            service: shop
            versions: { v1: [http://127.0.0.1:5001] }
            environments: { test: { listen: http://127.0.0.1:8081 } }
            """;
        var problem = Assert.Single(Problems($"{one}\n---\n{one.Replace("test", "prod", StringComparison.Ordinal).Replace('1', '2')}"));
        Assert.Equal((5, "service"), (problem.Line, problem.Path));
        AssertSays(problem, "shop is already a pipeline in shop.yaml:1", "into one document");
    }

    [Fact]
    public void A_file_that_others_may_write_names_no_program()
    {
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "shop.yaml");
        File.WriteAllText(file, $$"""
            service: shop
            artifact: ./releases/{version}/shop
            {{Run}}
            environments: { prod: { listen: http://127.0.0.1:8080, verify: [{ run: ./smoke.sh }] } }
            """);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.IsType<Parsed<Deliveries>.Ok>(DeliveryFiles.Read([file]));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        var problems = Assert.IsType<Parsed<Deliveries>.Problems>(DeliveryFiles.Read([file])).All;
        Assert.Equal(
            ["runtime.process.command", "environments.prod.verify[0].run"], problems.Select(static p => p.Path));
        Assert.All(problems, static p => AssertSays(p, "this file may not name a program: others may write", "--allow-exec DIR"));
        Assert.IsType<Parsed<Deliveries>.Ok>(
            DeliveryFiles.Read([file], null, Abilities.Embedded(programDirectories: [directory.Path])));
    }

    [Fact]
    public void A_process_runtime_is_refused_where_the_system_cannot_run_one()
    {
        var report = new Report("shop.yaml");
        var document = YamlTree.Read($$"""
            service: shop
            artifact: ./releases/{version}/shop
            {{Run}}
            environments: { test: { listen: http://127.0.0.1:8081 }, prod: { listen: http://127.0.0.1:8080 } }
            """, report)[0];
        var root = (Value.Section)PipelineSchema.Root.Read(document, "", report)!;
        Assert.Null(new PipelineReader(root, "/", Goldens.Able, Abilities.ProcessRuntime(false), report).Read().Spec);
        AssertSays(Assert.Single(report.All), "processes are run on Linux only", "list their endpoints under versions");
    }

    [Fact]
    public void Quiet_alerts_and_metrics_need_what_answers_them_in_an_environment_too()
    {
        var problems = Assert.IsType<Parsed<Deliveries>.Problems>(DeliveryFiles.ReadText(
            Encoding.UTF8.GetBytes("""
                service: shop
                versions: { v1: [http://127.0.0.1:5001] }
                environments:
                  test: { listen: http://127.0.0.1:8081, analysis: { cpu: { direction: lower, prometheus: "cpu" } } }
                  prod: { listen: http://127.0.0.1:8080, needs: [{ quiet: [alerts] }, { soak: { in: test, for: 1h } }] }
                """), "shop.yaml", "/")).All;
        Assert.Equal(
            ["environments.test.analysis.cpu", "environments.prod.needs[0].quiet"], problems.Select(static p => p.Path));
    }

    private static void AssertSays(Problem problem, string message, string? hint)
    {
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        if (hint is not null) Assert.Contains(hint, problem.Hint, StringComparison.Ordinal);
    }

    private static ImmutableArray<Problem> Problems(string text) => Assert.IsType<Parsed<Deliveries>.Problems>(DeliveryFiles.ReadText(
        Encoding.UTF8.GetBytes(text), "shop.yaml", Path.Combine(Goldens.Root, "valid"), Goldens.Able)).All;
}
