using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Core.Texts;

namespace TrafficCtl.Kubernetes.Access;

/// <summary>A cluster and a user of a kubeconfig as what the client needs.</summary>
internal sealed class ConfigAccess(TimeProvider clock)
{
    /// <exception cref="KubeAccessException">Which file, which entry, why.</exception>
    public KubeAccess Read(string from, ConfigEntry cluster, ConfigEntry user, string? @namespace)
    {
        var skips = cluster.Flag("insecure-skip-tls-verify");
        var authorities = Authorities(cluster);
        if (skips && authorities is not null)
            throw cluster.Wrong("insecure-skip-tls-verify", "and a certificate authority exclude each other");
        var server = Address(cluster, "server", "must be the address of an API server, such as https://10.0.0.1:6443")
            ?? throw cluster.Wrong("server", "is missing");
        return new KubeAccess
        {
            Server = server,
            From = from,
            Namespace = @namespace,
            Authorities = authorities,
            TlsServerName = cluster.Text("tls-server-name"),
            SkipsTlsVerification = skips,
            Proxy = Address(cluster, "proxy-url", "must be an address such as http://proxy:3128 or socks5://proxy:1080"),
            DisablesCompression = cluster.Flag("disable-compression"),
            // As kubectl: no secret in the clear.
            Credentials = server.Scheme == Uri.UriSchemeHttps ? Credentials(cluster, user) : NoCredentials.Instance,
            As = Impersonation(user),
        };
    }

    private IKubeAuthorities? Authorities(ConfigEntry cluster)
    {
        if (cluster.Text("certificate-authority-data") is null && cluster.FilePath("certificate-authority") is { } path)
            return new AuthorityFile(path, clock, cluster.Wrong("certificate-authority", "").Message.TrimEnd(' ', ':'));
        try
        {
            return cluster.Content("certificate-authority") is { } pem ? new FixedAuthorities(AuthorityFile.Pem(pem)) : null;
        }
        catch (CryptographicException e)
        {
            throw cluster.Wrong("certificate-authority-data", e.Message, e);
        }
    }

    private IKubeCredentials Credentials(ConfigEntry cluster, ConfigEntry user)
    {
        if (user.Entry("auth-provider") is { } provider)
            throw user.Wrong(
                "auth-provider",
                $"'{provider.Text("name")}' is of a kind that Kubernetes removed in 1.26: use the exec plugin of your cloud instead");
        var token = Token(user);
        if (Certificate(user, token) is { } certificate) return certificate;
        if (token is not null) return token;
        return user.Entry("exec") is { } exec ? ExecPlugin.Read(exec, cluster, clock) : NoCredentials.Instance;
    }

    private IKubeCredentials? Token(ConfigEntry user)
    {
        var (name, password) = (user.Text("username"), user.Text("password"));
        var (file, token) = (user.FilePath("tokenFile"), user.Text("token"));
        if (name is not null && (file ?? token) is not null) throw user.Wrong("username", "and a token exclude each other: leave one");
        if (file is not null && !File.Exists(file)) throw user.Wrong("tokenFile", $"{file} does not exist");
        if (file is not null) return new TokenFile(file, clock);
        if (token is not null) return new FixedCredentials(new KubeCredential(Header(user, "token", "Bearer", token)));
        if (name is null) return null;
        return new FixedCredentials(
            new KubeCredential(Header(user, "username", "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}")))));
    }

    private CertificateFiles? Certificate(ConfigEntry user, IKubeCredentials? token)
    {
        var has = user.Content("client-certificate") is not null;
        if (has != user.Content("client-key") is not null)
            throw user.Wrong(has ? "client-key" : "client-certificate", "is missing: a certificate and its key come together");
        if (!has) return null;
        var files = new CertificateFiles(() => (user.Content("client-certificate")!, user.Content("client-key")!), token, clock);
        try
        {
            ClientCertificate.Read(user.Content("client-certificate")!, user.Content("client-key")!).Certificate.Dispose();
        }
        catch (CryptographicException e)
        {
            throw user.Wrong("client-certificate", $"and client-key are no pair of a certificate and its key: {e.Message}", e);
        }

        return files;
    }

    private static KubeImpersonation? Impersonation(ConfigEntry user)
    {
        var groups = user.Texts("as-groups").ToImmutableArray();
        var extra = user.Entry("as-user-extra");
        if (user.Text("as") is { Length: > 0 } name)
        {
            var more = extra?.Keys.ToImmutableSortedDictionary(k => k, k => extra.Texts(k).ToImmutableArray(), StringComparer.Ordinal);
            return new KubeImpersonation(
                name, user.Text("as-uid"), groups, more ?? ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty);
        }

        if (!groups.IsEmpty || extra is not null || user.Text("as-uid") is not null)
            throw user.Wrong("as", "is missing: groups, uid and extra are impersonated with a user");
        return null;
    }

    private static Uri? Address(ConfigEntry cluster, string key, string advice)
    {
        if (cluster.Text(key) is not { Length: > 0 } text) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https" or "socks5"
            && address.Host.Length > 0
            ? address
            : throw cluster.Wrong(key, $"'{UrlText.WithoutSecrets(text)}' {advice}");
    }

    private static AuthenticationHeaderValue Header(ConfigEntry user, string key, string scheme, string value) =>
        value.AsSpan().ContainsAny('\r', '\n')
            ? throw user.Wrong(key, "is more than one line")
            : new AuthenticationHeaderValue(scheme, value);
}
