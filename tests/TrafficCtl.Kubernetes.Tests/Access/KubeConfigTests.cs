using System.Text;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Access;

public sealed class KubeConfigTests : IDisposable
{
    private const string Whole = """
        apiVersion: v1
        kind: Config
        current-context: prod
        clusters:
        - name: c1
          cluster: {server: "https://10.0.0.1:6443", tls-server-name: api, proxy-url: "socks5://proxy:1080", disable-compression: true}
        contexts:
        - name: prod
          context: {cluster: c1, user: jane, namespace: shop}
        - name: anonymous
          context: {cluster: c1, user: ""}
        users:
        - name: jane
          user: {token: 0123, as: joe, as-uid: "7", as-groups: [dev, ops], as-user-extra: {acme.io/team: [a, b]}}
        """;

    private readonly Folder folder = new();
    private readonly ManualClock clock = new();

    [Fact]
    public async Task Reads_a_cluster_and_a_person()
    {
        var access = Load(Whole);

        Assert.Equal(new Uri("https://10.0.0.1:6443"), access.Server);
        Assert.Equal(
            ("api", new Uri("socks5://proxy:1080"), true, "shop"),
            (access.TlsServerName, access.Proxy, access.DisablesCompression, access.Namespace));
        Assert.Equal($"{folder.File("config")}, context prod", access.From);
        Assert.Equal(("joe", "7"), (access.As!.User, access.As.Uid));
        Assert.Equal(["dev", "ops"], access.As.Groups.AsEnumerable());
        Assert.Equal(["a", "b"], access.As.Extra["acme.io/team"].AsEnumerable());
        var credential = await access.Credentials.GetAsync(default);
        Assert.Equal("Bearer 0123", credential.Header!.ToString());
        Assert.Equal("Bearer", credential.ToString());
        Assert.Null((await Load(Whole, "anonymous").Credentials.GetAsync(default)).Header);
    }

    [Fact]
    public async Task Sends_no_secret_in_the_clear() =>
        Assert.Null((await Load(Whole.Replace("https://10", "http://10")).Credentials.GetAsync(default)).Header);

    [Fact]
    public async Task Says_a_name_and_a_password()
    {
        var access = Load(Whole.Replace("token: 0123", "username: jane, password: pässword"));

        Assert.Equal(
            "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("jane:pässword")),
            (await access.Credentials.GetAsync(default)).Header!.ToString());
    }

    [Fact]
    public async Task A_token_file_is_read_again_within_a_minute_and_after_a_refusal()
    {
        folder.Write("token", "one\n");
        var credentials = Load(Whole.Replace("token: 0123", "tokenFile: token, token: other")).Credentials;
        Assert.Equal("one", (await credentials.GetAsync(default)).Header!.Parameter);

        folder.Write("token", "two\n");
        Assert.Equal("one", (await credentials.GetAsync(default)).Header!.Parameter);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("two", (await credentials.GetAsync(default)).Header!.Parameter);
        folder.Write("token", "three\n");
        credentials.Refuse(await credentials.GetAsync(default));
        Assert.Equal("three", (await credentials.GetAsync(default)).Header!.Parameter);
        folder.Write("token", "");
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("three", (await credentials.GetAsync(default)).Header!.Parameter);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_certificate_is_taken_from_data_or_from_files_beside(bool isData)
    {
        using var pki = new Pki();
        var (certificate, key) = pki.Client("jane", isElliptic: isData);
        folder.Write("keys/jane.pem", certificate);
        folder.Write("keys/jane.key", key);
        folder.Write("keys/ca.pem", pki.RootPem);
        var user = isData
            ? $"client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}, client-key: ignored"
            : "client-certificate: keys/jane.pem, client-key: keys/jane.key";
        var cluster = isData ? $"certificate-authority-data: {Base64(pki.RootPem)}" : "certificate-authority: keys/ca.pem";

        var access = Load(Whole.Replace("token: 0123", user).Replace("tls-server-name: api", cluster));

        var credential = await access.Credentials.GetAsync(default);
        Assert.Equal("CN=jane", credential.Certificate!.Subject);
        Assert.True(credential.Certificate.HasPrivateKey);
        Assert.Equal(pki.Root.Thumbprint, access.Authorities!.Current.Single().Thumbprint);
    }

    [Fact]
    public async Task A_replaced_certificate_file_is_noticed()
    {
        using var pki = new Pki();
        void Write(string name)
        {
            var (certificate, key) = pki.Client(name, isElliptic: true);
            folder.Write("jane.pem", certificate);
            folder.Write("jane.key", key);
        }

        Write("one");
        var credentials = Load(Whole.Replace("token: 0123", "client-certificate: jane.pem, client-key: jane.key, token: t")).Credentials;
        Assert.Equal(
            ("CN=one", "t"),
            ((await credentials.GetAsync(default)).Certificate!.Subject, (await credentials.GetAsync(default)).Header!.Parameter));
        Write("two");
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("CN=two", (await credentials.GetAsync(default)).Certificate!.Subject);
    }

    [Fact]
    public void Of_each_name_the_first_file_wins()
    {
        folder.Variables["KUBECONFIG"] = string.Join(
            Path.PathSeparator,
            folder.File("missing"),
            folder.Write("a/one", "clusters: [{name: c1, cluster: {server: 'https://one'}}]"),
            folder.Write("b/two", Whole + "\n"),
            folder.Write("empty", ""));

        var access = KubeConfig.Find(null, null, clock, folder.Around);

        Assert.Equal(new Uri("https://one"), access.Server);
        Assert.Equal("shop", access.Namespace);
    }

    [Fact]
    public void Looks_in_the_usual_places_in_their_order()
    {
        var nowhere = Assert.Throws<KubeAccessException>(() => KubeConfig.Find(null, null, clock, folder.Around));
        Assert.Contains("this is no pod", nowhere.Message);

        folder.Write("home/.kube/config", Whole);
        Assert.Equal("shop", KubeConfig.Find(null, null, clock, folder.Around).Namespace);
        using var pki = new Pki();
        folder.Variables["KUBERNETES_SERVICE_HOST"] = "fd00::1";
        folder.Variables["KUBERNETES_SERVICE_PORT"] = "443";
        folder.Write("account/token", "t");
        folder.Write("account/ca.crt", pki.RootPem);
        folder.Write("account/namespace", "traffic\n");
        var inside = KubeConfig.Find(null, null, clock, folder.Around);
        Assert.Equal((new Uri("https://[fd00::1]:443"), "traffic", "in-cluster"), (inside.Server, inside.Namespace, inside.From));
        folder.Variables["KUBECONFIG"] = folder.Write("mine", Whole.Replace("namespace: shop", "namespace: mine"));
        Assert.Equal("mine", KubeConfig.Find(null, null, clock, folder.Around).Namespace);
        Assert.Equal("shop", KubeConfig.Find(folder.File("home/.kube/config"), null, clock, folder.Around).Namespace);
    }

    [Fact]
    public async Task In_a_pod_token_and_authority_may_change()
    {
        using var first = new Pki();
        using var second = new Pki("other");
        folder.Variables["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
        folder.Variables["KUBERNETES_SERVICE_PORT"] = "443";
        Assert.Contains(
            "automountServiceAccountToken",
            Assert.Throws<KubeAccessException>(() => KubeConfig.Find(null, null, clock, folder.Around)).Message);
        folder.Write("account/token", "one");
        Assert.Contains(
            "ca.crt cannot be read", Assert.Throws<KubeAccessException>(() => KubeConfig.Find(null, null, clock, folder.Around)).Message);
        folder.Write("account/ca.crt", first.RootPem + "\n" + first.RootPem);
        var access = KubeConfig.Find(null, null, clock, folder.Around);
        Assert.Equal(2, access.Authorities!.Current.Count);

        folder.Write("account/token", "two");
        folder.Write("account/ca.crt", second.RootPem);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("two", (await access.Credentials.GetAsync(default)).Header!.Parameter);
        Assert.Equal(second.Root.Thumbprint, access.Authorities.Current.Single().Thumbprint);
    }

    [Theory]
    [InlineData("current-context: prod", "x: y", "there is no current-context: name one of 'anonymous', 'prod'.")]
    [InlineData("current-context: prod", "current-context: test", "there is no context 'test': there are 'anonymous', 'prod'.")]
    [InlineData(
        "cluster: c1, user: jane", "cluster: c2, user: jane",
        "contexts['prod'].context.cluster: there is no 'c2' among the clusters: there are 'c1'")]
    [InlineData("user: jane", "user: june", "contexts['prod'].context.user: there is no 'june' among the users: there are 'jane'")]
    [InlineData(
        "server: \"https://10.0.0.1:6443\"", "server: 10.0.0.1",
        "clusters['c1'].cluster.server: '10.0.0.1' must be the address of an API server, such as https://10.0.0.1:6443")]
    [InlineData("server: \"https://10.0.0.1:6443\"", "x: y", "clusters['c1'].cluster.server: is missing")]
    [InlineData(
        "tls-server-name: api", "certificate-authority: nowhere.pem",
        "clusters['c1'].cluster.certificate-authority: the certificate authority ")]
    [InlineData(
        "tls-server-name: api", "certificate-authority-data: '!'", "clusters['c1'].cluster.certificate-authority-data: is not base64")]
    [InlineData(
        "tls-server-name: api", "certificate-authority-data: YWJj",
        "clusters['c1'].cluster.certificate-authority-data: there is no PEM certificate in it")]
    [InlineData(
        "tls-server-name: api", "insecure-skip-tls-verify: yes",
        "clusters['c1'].cluster.insecure-skip-tls-verify: must be true or false, not 'yes'")]
    [InlineData("token: 0123", "token: [a]", "users['jane'].user.token: must be one value")]
    [InlineData("token: 0123", "tokenFile: nowhere", "users['jane'].user.tokenFile: ")]
    [InlineData("token: 0123", "token: \"a\\nb\"", "users['jane'].user.token: is more than one line")]
    [InlineData("token: 0123", "token: a, username: b", "users['jane'].user.username: and a token exclude each other")]
    [InlineData(
        "token: 0123", "client-certificate-data: YWJj",
        "users['jane'].user.client-key: is missing: a certificate and its key come together")]
    [InlineData(
        "token: 0123", "client-certificate-data: YWJj, client-key-data: YWJj",
        "users['jane'].user.client-certificate: and client-key are no pair")]
    [InlineData(
        "token: 0123", "auth-provider: {name: gcp}",
        "users['jane'].user.auth-provider: 'gcp' is of a kind that Kubernetes removed in 1.26: use the exec plugin of your cloud instead")]
    [InlineData("token: 0123", "exec: {command: x}", "users['jane'].user.exec.apiVersion: must be client.authentication.k8s.io/v1 or")]
    [InlineData(
        "token: 0123", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}",
        "users['jane'].user.exec.interactiveMode: Always needs a person")]
    [InlineData(
        "token: 0123", "exec: {apiVersion: client.authentication.k8s.io/v1, command: x}",
        "users['jane'].user.exec.interactiveMode: must be Never, IfAvailable or Always")]
    [InlineData("as: joe, ", "", "users['jane'].user.as: is missing: groups, uid and extra are impersonated with a user")]
    [InlineData("- name: jane", "- nome: jane", "users[0].name: is missing")]
    [InlineData("users:", "users: {}\nothers:", "users: must be a list")]
    [InlineData("kind: Config", "kind: [", ":")]
    public void Says_which_file_and_which_entry_is_wrong(string part, string instead, string expected)
    {
        var wrong = Assert.Throws<KubeAccessException>(() => Load(Whole.Replace(part, instead)));

        Assert.StartsWith(folder.File("config"), wrong.Message, StringComparison.Ordinal);
        Assert.Contains(expected, wrong.Message);
    }

    [Fact]
    public void A_file_that_was_named_must_be_there() =>
        Assert.Equal(
            "/nowhere: there is no such kubeconfig.",
            Assert.Throws<KubeAccessException>(() => KubeConfig.Find("/nowhere", null, clock)).Message);

    public void Dispose() => folder.Dispose();

    private KubeAccess Load(string text, string? context = null) =>
        KubeConfig.Find(folder.Write("config", text), context, clock, folder.Around);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
