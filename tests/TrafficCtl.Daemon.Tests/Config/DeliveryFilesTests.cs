using System.Collections.Immutable;
using System.Runtime.Versioning;
using System.Text;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config;

[UnsupportedOSPlatform("windows")]
public sealed class DeliveryFilesTests : IDisposable
{
    private const string Smallest = """
        service: checkout
        listen: http://127.0.0.1:8080
        versions:
          v1: [http://127.0.0.1:5001]
          v2: [http://127.0.0.1:5002]
        stable: v1
        """;

    private static readonly string Secure =
        Smallest.Replace("http://127.0.0.1:5002", "https://10.0.0.1:5002", StringComparison.Ordinal) + "\n";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("trafficctl-config-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void The_smallest_file_means_the_defaults_of_the_design()
    {
        var spec = Ok(Smallest);
        Assert.Equal(new Listener("127.0.0.1", 8080, null), spec.Embedded.Listen);
        Assert.Equal(RouteMatch.Everything, spec.Embedded.Match);
        Assert.Equal(["v1", "v2"], spec.Versions.Select(v => v.Version));
        Assert.Equal(Plans.Default, spec.Plan);
        Assert.Equal(Analysis.Default, spec.Analysis);
        Assert.Equal(new ProxySettings(), spec.Embedded.Proxy);
        Assert.Equal("default", spec.Environment);
    }

    [Fact]
    public void Writing_every_default_out_changes_nothing()
    {
        var silent = Assert.Single(OkAll(Smallest));
        var text = new StringBuilder(Smallest).Append('\n');
        foreach (var section in silent.Values
            .Where(v => v.Origin == Origin.Default && !v.Path.StartsWith("plan[", StringComparison.Ordinal))
            .GroupBy(v => v.Path.Split('.')[0]))
        {
            var isNested = section.First().Path.Contains('.', StringComparison.Ordinal);
            var known = section.Where(v => v.Path != "rollout" && v.Text is not (
                "any" or "none" or "not compared" or "an anonymous bucket cookie" or "a connection alone" or "until it is closed"
                or "the system's" or "the endpoint's"));
            var lines = known.Select(v => (Keys: v.Path.Split('.'), v.Text)).ToImmutableArray();
            if (lines.IsEmpty) continue;
            if (isNested) text.Append(section.Key).Append(": ").Append(Nest([.. lines.Select(l => (l.Keys[1..], l.Text))])).Append('\n');
            else text.Append(section.Key).Append(": ").Append(lines[0].Text).Append('\n');
        }

        var spoken = Ok(text.ToString());
        Assert.Equal(silent.Spec.Plan, spoken.Plan);
        Assert.Equal(silent.Spec.Analysis, spoken.Analysis);
        Assert.Equal(silent.Spec.Embedded.Proxy with { Health = spoken.Embedded.Proxy.Health }, spoken.Embedded.Proxy);
        Assert.Equal(silent.Spec.Embedded.Proxy.Health.Interval, spoken.Embedded.Proxy.Health.Interval);
        Assert.Equal(silent.Spec.Embedded.Proxy.Health.ProbeTimeout, spoken.Embedded.Proxy.Health.ProbeTimeout);

        static string Nest(
            ImmutableArray<(string[] Keys, string Text)> lines) => "{ " + string.Join(", ", lines.GroupBy(l => l.Keys[0]).Select(g =>
            $"{g.Key}: {(g.First().Keys.Length == 1 ? g.First().Text : Nest([.. g.Select(l => (l.Keys[1..], l.Text))]))}")) + " }";
    }

    [Fact]
    public void The_keys_of_what_stands_before_the_proxy_arrive()
    {
        var spec = Ok(Smallest + "\nhost: keep\nproxy-protocol: required\ntrusted-proxies: [10.1.2.3/8, \"::1\", 192.0.2.7]\n");
        Assert.True(spec.Embedded.Proxy.KeepsHost);
        Assert.True(spec.Embedded.Listen!.IsProxied);
        Assert.Equal(["10.0.0.0/8", "::1/128", "192.0.2.7/32"], spec.Embedded.Proxy.TrustedProxies.Select(n => n.ToString()));
    }

    [Fact]
    public void The_keys_of_anonymous_users_arrive()
    {
        var spec = Ok(Smallest + "\nanonymous: random\ncookie: { max-age: 30d }\n");
        Assert.Equal((Anonymous.Random, TimeSpan.FromDays(30)), (spec.Embedded.Proxy.Anonymous, spec.Embedded.Proxy.CookieMaxAge));
    }

    [Fact]
    public void Unix_sockets_are_endpoints_also_before_they_are_there()
    {
        var longest = "/" + new string('s', UnixAddress.MostBytes - 1);
        var sockets = $"http+unix:///run/no%20such.sock, http+unix://{longest}";
        var spec = Ok(Smallest.Replace("http://127.0.0.1:5002", sockets, StringComparison.Ordinal));
        Assert.Equal(["/run/no such.sock", longest], spec.Versions[1].Endpoints.Select(UnixAddress.PathOf));
        Assert.Null(UnixAddress.PathOf(spec.Versions[0].Endpoints[0]));
    }

    [Theory]
    [InlineData(
        "http+unix:/run/shop.sock",
        "is not a Unix socket such as http+unix:///run/shop.sock (write http+unix:// and the socket's whole path")]
    [InlineData("http+unix://run/shop.sock", "is not a Unix socket such as http+unix:///run/shop.sock")]
    [InlineData("http+unix://%2Frun%2Fshop.sock", "is not a Unix socket such as http+unix:///run/shop.sock")]
    [InlineData("http+unix:shop.sock", "is not a Unix socket such as http+unix:///run/shop.sock")]
    [InlineData("http+unix:///run/shop.sock?x=1", "a Unix socket has no query or fragment (in its path ? is written %3F")]
    [InlineData("http+unix:///run/", "/run/ names a directory, not a socket")]
    [InlineData("http+unix:///run/a%00b", "a path has no %00 in it")]
    [InlineData("http+unix:///dev/null", "/dev/null is a device, not a socket (write the path of the socket that the version listens on)")]
    [InlineData(
        "http+unix:///%C5%BD123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345",
        "the socket's path has 108 bytes, and the system takes 107 at most (move the socket")]
    [InlineData("unix:///run/shop.sock", "(http, https and http+unix are known)")]
    public void What_is_no_unix_socket_is_a_problem(string endpoint, string problem) => Assert.Contains(
        problem, Assert.Single(Problems(Smallest.Replace("http://127.0.0.1:5002", $"\"{endpoint}\"", StringComparison.Ordinal))).ToString(),
        StringComparison.Ordinal);

    [Fact]
    public void The_tls_settings_of_upstreams_arrive()
    {
        Write("ca.pem", "a stand-in");
        var key = Write("key.pem", "");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var delivered = Assert.Single(
            OkAll(Secure + "upstream: { tls: { ca: ca.pem, sni: Shop.Internal, cert: ca.pem, key: key.pem } }\n"));
        Assert.Empty(delivered.Warnings);
        var tls = delivered.Spec.Embedded.Proxy.UpstreamTls;
        Assert.Equal(("ca.pem", "shop.internal", true), (Path.GetFileName(tls.Authorities), tls.ServerName, tls.IsVerified));
        Assert.Equal(new TlsFiles(Path.Combine(directory.FullName, "ca.pem"), key), tls.Certificate);
    }

    [Fact]
    public void Check_warns_of_affinity_for_nobody()
    {
        var warning = Assert.Single(Assert.Single(OkAll(Smallest + "\naffinity: true\n")).Warnings);
        Assert.Equal(("affinity", "no user has an identity, so none keeps to an endpoint"), (warning.Path, warning.Message));
        var delivered = Assert.Single(OkAll(Smallest + "\nidentity: [header:x-user-id]\naffinity: true\n"));
        Assert.Empty(delivered.Warnings);
        Assert.True(delivered.Spec.Embedded.Proxy.HasAffinity);
    }

    [Fact]
    public void Check_warns_of_upstreams_that_are_not_verified()
    {
        var delivered = Assert.Single(OkAll(Secure + "upstream: { tls: { verify: false } }\n"));
        Assert.False(delivered.Spec.Embedded.Proxy.UpstreamTls.IsVerified);
        var warning = Assert.Single(delivered.Warnings);
        Assert.Equal((7, "upstream.tls.verify"), (warning.Line, warning.Path));
        Assert.Contains("no certificate of an endpoint is verified", warning.Message, StringComparison.Ordinal);
        Assert.Contains("ca", warning.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_warns_of_tls_settings_that_no_endpoint_needs()
    {
        var warning = Assert.Single(Assert.Single(OkAll(Smallest + "\nupstream: { tls: { sni: shop.internal } }\n")).Warnings);
        Assert.Equal(("upstream.tls", "no endpoint is https, so it says nothing"), (warning.Path, warning.Message));
    }

    [Theory]
    [InlineData("{ ca: none.pem }", "upstream.tls.ca: there is no file")]
    [InlineData("{ ca: . }", "is a directory, not a file")]
    [InlineData("{ cert: x.yaml }", "upstream.tls.cert: has no key beside it (add key: FILE)")]
    [InlineData("{ key: x.yaml }", "upstream.tls.key: has no certificate beside it (add cert: FILE)")]
    [InlineData("{ ca: x.yaml, verify: false }", "nothing is verified by it: verify is false (remove verify, or ca)")]
    [InlineData("{ verify: no }", "expected true or false, found \"no\"")]
    [InlineData("{ sni: 10.0.0.1 }", "10.0.0.1 is an address, and TLS asks for names")]
    [InlineData("{ sni: \"*.shop.internal\" }", "is not a host's name such as shop.internal")]
    [InlineData("{ alpn: h2 }", "unknown key (known here: ca, sni, verify, cert, key)")]
    public void Tls_settings_of_upstreams_that_mean_nothing_are_problems(string tls, string problem)
    {
        Write("x.yaml", "a stand-in");
        var text = Secure + $"upstream:\n  tls: {tls}\n";
        Assert.Contains(problem, Assert.Single(Problems(text)).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("127.0.0.1", "localhost", true)]
    [InlineData("*", "127.0.0.1", true)]
    [InlineData("0.0.0.0", "localhost", true)]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "127.0.0.1", false)]
    [InlineData("127.0.0.1", "10.1.2.3", false)]
    public void An_endpoint_that_is_the_listener_is_a_problem(string listen, string endpoint, bool isProblem)
    {
        var path = Path.Combine(directory.FullName, "circle.yaml");
        var text = Smallest.Replace("http://127.0.0.1:8080", $"\"http://{listen}:8080\"").Replace("127.0.0.1:5002", $"{endpoint}:8080");
        File.WriteAllText(path, text);
        var loaded = DeliveryFiles.Load([path]);
        if (!isProblem) Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Ok>(loaded);
        else Assert.Contains(
            "own listener", Assert.Single(Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Problems>(loaded).All).ToString(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("example.com")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/")]
    [InlineData("::1/129")]
    public void What_is_no_network_is_a_problem(string network)
    {
        var path = Path.Combine(directory.FullName, "network.yaml");
        File.WriteAllText(path, Smallest + $"\ntrusted-proxies: [\"{network}\"]\n");
        var problems = Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Problems>(DeliveryFiles.Load([path]));
        Assert.Contains(
            "is not an address or a network such as 10.0.0.0/8", Assert.Single(problems.All).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Matches_that_overlap_may_share_a_listener()
    {
        var path = Path.Combine(directory.FullName, "two.yaml");
        File.WriteAllText(path, Smallest
            + "\nmatch: { host: shop.example }\n---\n"
            + Smallest.Replace("checkout", "cart")
            + "\nmatch: { host: shop.example, path: /cart/** }\n");
        Assert.Equal(2, Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Ok>(DeliveryFiles.Load([path])).Value.Length);
    }

    [Fact]
    public void Every_key_of_the_demanding_file_arrives()
    {
        var spec = Load(Path.Combine(Goldens.Root, "valid", "demanding.yaml"));
        Assert.Equal(new TargetKey("checkout", "prod", "east"), spec.Key);
        Assert.Equal(8443, spec.Embedded.Listen.Port);
        Assert.Equal("cert.pem", Path.GetFileName(spec.Embedded.Listen.Tls?.Cert));
        Assert.True(Path.IsPathFullyQualified(spec.Embedded.Listen.Tls!.Key));
        Assert.Equal(new RouteMatch("shop.example", "/checkout/**"), spec.Embedded.Match);
        Assert.Equal("header:x-user-id cookie:sid claim:sub", string.Join(' ', spec.Identity));
        Assert.Equal(2, spec.Versions[0].Endpoints.Length);
        Assert.Equal(["employees", "beta", "enterprise"], spec.Cohorts.Select(c => c.Name));
        Assert.Equal("yes", spec.Cohorts[1].EqualTo);
        Assert.Equal(new ErrorTolerance(0.002, Consequence.Hold), spec.Analysis.Errors);
        Assert.Equal(new ClientErrorTolerance(0.02, Consequence.Rollback), spec.Analysis.ClientErrors);
        Assert.Equal(new SizeTolerance(4), spec.Analysis.ResponseSize);
        Assert.Equal(new LatencyTolerance(0.95, 0.2), spec.Analysis.Latency);
        Assert.Equal(new UserTolerance(0.003, Consequence.Hold), spec.Analysis.Users);
        Assert.Equal(TimeSpan.FromSeconds(10), spec.Analysis.Tick);
        Assert.Equal([QuietGate.Alerts], spec.Needs);
        Assert.Equal(TimeSpan.FromSeconds(20), spec.Analysis.LatencyWarmUp);
        Assert.Equal(new UnsurePolicy(TimeSpan.FromHours(4), UnsureOutcome.Rollback), spec.Plan.IfUnsure);
        Assert.Equal(new MinimumEvidence(2000, 300), spec.Plan.AtLeast);
        Assert.Equal(TimeSpan.FromDays(1), spec.Plan.Watch);
        Assert.Equal(new ProxySettings
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(500),
            AttemptTimeout = TimeSpan.FromSeconds(20),
            IdleTimeout = TimeSpan.FromMinutes(2),
            BodyLimit = 1L << 30,
            HeaderLimit = 64 * 1024,
            MinRate = 240,
            DrainDelay = TimeSpan.Zero,
            DrainMax = TimeSpan.FromMinutes(1),
            Protocol = UpstreamProtocol.H2c,
            HasAffinity = true,
            UpstreamTls = new UpstreamTls
            {
                Authorities = Path.Combine(Goldens.Root, "valid", "cert.pem"),
                ServerName = "checkout.internal",
                Certificate = new TlsFiles(Path.Combine(Goldens.Root, "valid", "cert.pem"), Path.Combine(Goldens.Root, "valid", "key.pem")),
            },
            Health = new HealthSettings("/healthz", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(500)),
        }, spec.Embedded.Proxy);
        var quarter = spec.Plan.Steps.First(s => s.Cohort is null);
        Assert.Equal((Weights.OfCandidate(25), new MinimumEvidence(500, 20)), (quarter.Weights, quarter.AtLeast));
    }

    [Fact]
    public void Explain_tells_every_value_and_where_it_comes_from()
    {
        var file = Path.Combine(Goldens.Root, "valid", "demanding.yaml");
        var delivered =
            Assert.Single(Assert.IsType<Parsed<Deliveries>.Ok>(DeliveryFiles.Read([file], null, Goldens.Able)).Value.Services);
        var text = Explain.Render(delivered.Values).Replace(file, "demanding.yaml", StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Path.ChangeExtension(file, ".explain")), text);
    }

    [Fact]
    public void Check_warns_of_a_weight_that_is_not_a_whole_percent()
    {
        var file = Path.Combine(Goldens.Root, "valid", "demanding.yaml");
        var delivered =
            Assert.Single(Assert.IsType<Parsed<Deliveries>.Ok>(DeliveryFiles.Read([file], null, Goldens.Able)).Value.Services);
        var warning = Assert.Single(delivered.Warnings, w => !w.Path.EndsWith("tls.key", StringComparison.Ordinal));
        Assert.Equal((16, 17, "rollout[2].weights[0]"), (warning.Line, warning.Column, warning.Path));
    }

    [Fact]
    public void Check_warns_of_a_private_key_that_others_may_read()
    {
        var key = Write("key.pem", "");
        var file = Write("tls.yaml", Smallest.Replace("http://127.0.0.1:8080", "https://127.0.0.1:8443", StringComparison.Ordinal)
            + "\ntls: { cert: key.pem, key: key.pem }\n");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var warning =
            Assert.Single(
                Assert.Single(
                    Assert.IsType<Parsed<Deliveries>.Ok>(DeliveryFiles.Read([file], null, Goldens.Able)).Value.Services).Warnings);
        Assert.Equal((7, "tls.key"), (warning.Line, warning.Path));
        Assert.Contains(
            "every user of this machine may read or write the private key (mode 0644)", warning.Message, StringComparison.Ordinal);
        Assert.Contains($"chmod 600 {key}", warning.Hint, StringComparison.Ordinal);

        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Empty(
            Assert.Single(
                Assert.IsType<Parsed<Deliveries>.Ok>(DeliveryFiles.Read([file], null, Goldens.Able)).Value.Services).Warnings);
    }

    [Fact]
    public void A_certificate_that_is_a_pipe_is_a_problem_and_is_not_waited_for()
    {
        Fifo.Make(Path.Combine(directory.FullName, "pipe.pem"));
        var problem = Assert.Single(Problems(
            Smallest.Replace("http://127.0.0.1:8080", "https://127.0.0.1:8443", StringComparison.Ordinal)
                + "\ntls: { cert: pipe.pem, key: none.pem }\n"), p => p.Path == "tls.cert");
        Assert.Contains("pipe.pem is a pipe, not a file", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pipe_among_the_files_of_a_directory_is_a_problem_and_the_others_are_read()
    {
        Write("a.yaml", Smallest);
        Fifo.Make(Path.Combine(directory.FullName, "b.yaml"));
        Write("c.yaml", "service: 5\n");
        var problems = ProblemsOf([directory.FullName]);
        Assert.Contains(problems, p => p.File.EndsWith("b.yaml", StringComparison.Ordinal)
            && p.Message == "is a pipe, not a file"
            && p.Hint!.StartsWith("move it away", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.File.EndsWith("c.yaml", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/dev/null", "the file is empty")]
    [InlineData("/dev/zero", "larger than 1MiB")]
    [InlineData("/proc/self/mem", "cannot be read")]
    public void What_is_no_ordinary_file_says_what_is_wrong_with_it(string path, string message) =>
        Assert.Contains(message, Assert.Single(ProblemsOf([path])).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_named_pipe_is_read_once_and_stands_for_itself_afterwards()
    {
        var (pipe, pipes) = (Fifo.Make(Path.Combine(directory.FullName, "pipe")), new Pipes());
        var reading = Task.Run(() => DeliveryFiles.Read([pipe], pipes));
        await File.WriteAllTextAsync(pipe, Smallest);
        Assert.Equal("checkout", Assert.Single(Assert.IsType<Parsed<Deliveries>.Ok>(await reading).Value.Services).Spec.Service);
        pipes.Close();

        Assert.IsType<Parsed<Deliveries>.Ok>(DeliveryFiles.Read([pipe], pipes));
        Assert.Equal([pipe], pipes.Names);
        File.Delete(pipe);
        Assert.IsType<Parsed<Deliveries>.Ok>(DeliveryFiles.Read([pipe], pipes));
        Write("pipe", "service: 5\n");
        Assert.IsType<Parsed<Deliveries>.Problems>(DeliveryFiles.Read([pipe], pipes));
        var other = Fifo.Make(Path.Combine(directory.FullName, "other"));
        var refused = Assert.IsType<Parsed<Deliveries>.Problems>(DeliveryFiles.Read([other], pipes)).All;
        Assert.Contains("is a pipe now, which is read at the start only", Assert.Single(refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_is_its_yaml_files_in_the_order_of_their_names()
    {
        Write("b.yml", Smallest.Replace("checkout", "b", StringComparison.Ordinal).Replace("8080", "8082", StringComparison.Ordinal));
        Write("a.yaml", Smallest.Replace("checkout", "a", StringComparison.Ordinal));
        Write("notes.txt", "not: read");
        var services = Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Ok>(DeliveryFiles.Load([directory.FullName])).Value;
        Assert.Equal(["a", "b"], services.Select(s => s.Service));
        Assert.Equal(["a.yaml", "b.yml"], DeliveryFiles.Find([directory.FullName]).Select(f => Path.GetFileName(f)));
    }

    [Fact]
    public void The_problems_of_all_files_come_at_once()
    {
        Write("a.yaml", Smallest.Replace("stable: v1", "stable: v3", StringComparison.Ordinal));
        Write("b.yaml", "service: b\n");
        var missing = Path.Combine(directory.FullName, "c.yaml");
        var problems = Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Problems>(DeliveryFiles.Load([directory.FullName, missing])).All;
        Assert.Equal(
            ["a.yaml: stable", "b.yaml: listen", "b.yaml: stable", "b.yaml: versions", "c.yaml: "],
            problems.Select(p => $"{Path.GetFileName(p.File)}: {p.Path}").Order(StringComparer.Ordinal));
        Assert.Equal($"{missing}: there is no such file (check the path)", problems[^1].ToString());
    }

    [Fact]
    public void The_same_service_in_two_files_is_named_with_both()
    {
        var (a, b) = (Write("a.yaml", Smallest), Write("b.yaml", Smallest.Replace("8080", "8081", StringComparison.Ordinal)));
        var problem = Assert.Single(Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Problems>(DeliveryFiles.Load([a, b])).All);
        Assert.Equal(
            $"{b}:1:10: service: checkout is already in {a}:1 (give each service a name of its own, or another environment or target)",
            problem.ToString());
    }

    [Fact]
    public void Targets_of_one_service_and_environment_stand_side_by_side_and_one_name_is_given_once()
    {
        var east = Write("east.yaml", Target("east", 8080));
        var west = Write("west.yaml", Target("west", 8081));
        var both = Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Ok>(DeliveryFiles.Load([east, west])).Value;
        Assert.Equal(["checkout@prod/east", "checkout@prod/west"], both.Select(s => s.Key.Name));

        Write("west.yaml", Target("east", 8081));
        var problem = Assert.Single(Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Problems>(DeliveryFiles.Load([east, west])).All);
        Assert.Equal(
            $"{west}:1:10: service: checkout@prod/east is already in {east}:1 (give each service a name of its own, or another "
                + "environment or target)",
            problem.ToString());

        Write("west.yaml", Target("west", 8080));
        problem = Assert.Single(Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Problems>(DeliveryFiles.Load([east, west])).All);
        Assert.Contains("is the match of checkout@prod/east on the same listener", problem.Message, StringComparison.Ordinal);

        static string Target(string target, int port) =>
            Smallest.Replace("8080", $"{port}", StringComparison.Ordinal) + $"\nenvironment: prod\ntarget: {target}\n";
    }

    [Fact]
    public void The_default_target_may_be_written_out_and_other_names_are_labels()
    {
        var spec = Assert.Single(Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Ok>(
            DeliveryFiles.Load([Write("a.yaml", Smallest + "\ntarget: default\n")])).Value);
        Assert.Equal(new TargetKey("checkout", "default"), spec.Key);
        Assert.Equal("target", Assert.Single(Problems(Smallest + "\ntarget: k8s://east/shop\n")).Path);
    }

    [Fact]
    public void Different_certificates_on_one_listener_are_refused()
    {
        foreach (var name in new[] { "a.pem", "b.pem" }) Write(name, "a stand-in");
        Problem Only(string first, string second) => Assert.Single(Problems(Service("a", first) + "\n---\n" + Service("b", second)));
        Assert.Equal(
            "tls",
            Only("https://127.0.0.1:1\ntls: { cert: a.pem, key: a.pem }", "https://127.0.0.1:1\ntls: { cert: b.pem, key: a.pem }").Path);
        Assert.Equal("listen", Only("https://127.0.0.1:1\ntls: { cert: a.pem, key: a.pem }", "http://127.0.0.1:1").Path);

        static string Service(string name, string listen) =>
            $"service: {name}\nlisten: {listen}\nmatch: {{ path: /{name} }}\nversions: {{ v1: [http://127.0.0.1:5001] }}\nstable: v1\n";
    }

    [Fact]
    public void A_file_that_is_too_large_an_empty_directory_and_no_file_at_all_are_problems()
    {
        var large = Write("large.yaml", new string('#', DeliveryFiles.MaxBytes + 1));
        Assert.Contains("larger than 1MiB", Assert.Single(ProblemsOf([large])).Message, StringComparison.Ordinal);
        Assert.Contains(
            "no *.yaml", Assert.Single(ProblemsOf([directory.CreateSubdirectory("empty").FullName])).Message, StringComparison.Ordinal);
        Assert.Contains("no file", Assert.Single(ProblemsOf([])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_problems_than_a_person_reads_are_counted()
    {
        var many = string.Concat(Enumerable.Range(0, 500).Select(i => $"zebra{i}: 1\n"));
        var problems = Problems(Smallest + "\n" + many);
        Assert.Equal("400 further problems are not shown", problems[^1].Message);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(directory.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static ImmutableArray<Problem> ProblemsOf(ImmutableArray<string> paths) =>
        Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Problems>(DeliveryFiles.Load(paths)).All;

    private ImmutableArray<Problem> Problems(string text) =>
        Assert.IsType<Parsed<Deliveries>.Problems>(
            DeliveryFiles.ReadText(Encoding.UTF8.GetBytes(text), "x.yaml", directory.FullName)).All;

    private ImmutableArray<Delivered> OkAll(string text)
    {
        var parsed = DeliveryFiles.ReadText(Encoding.UTF8.GetBytes(text), "x.yaml", directory.FullName);
        Assert.True(parsed is Parsed<Deliveries>.Ok, parsed + "\n" + text);
        return ((Parsed<Deliveries>.Ok)parsed).Value.Services;
    }

    private ServiceSpec Ok(string text) => Assert.Single(OkAll(text)).Spec;

    private static ServiceSpec Load(string file) =>
        Assert.Single(Assert.IsType<Parsed<ImmutableArray<ServiceSpec>>.Ok>(DeliveryFiles.Load([file], Goldens.Able)).Value);
}
