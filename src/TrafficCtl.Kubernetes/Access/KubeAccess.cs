using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace TrafficCtl.Kubernetes.Access;

/// <summary>How to reach a cluster, and who we are there.</summary>
public sealed record KubeAccess
{
    /// <summary>The API server; a path in it is kept in front of every request.</summary>
    public required Uri Server { get; init; }

    /// <summary>Where this was read, for messages: <c>in-cluster</c>, or file and context.</summary>
    public required string From { get; init; }

    public IKubeCredentials Credentials { get; init; } = NoCredentials.Instance;

    /// <summary>Who may have signed the server's certificate; null for the machine's own roots.</summary>
    public IKubeAuthorities? Authorities { get; init; }

    /// <summary>The name that the server's certificate is to bear; null for that of the address.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>Takes any certificate.</summary>
    public bool SkipsTlsVerification { get; init; }

    /// <summary>Null for what the environment says.</summary>
    public Uri? Proxy { get; init; }

    public bool DisablesCompression { get; init; }

    public KubeImpersonation? As { get; init; }

    /// <summary>The namespace that this process runs in, or that the context names; null when there is none.</summary>
    public string? Namespace { get; init; }
}

/// <summary>Whom the calls are made for, instead of ourselves.</summary>
public sealed record KubeImpersonation(
    string User, string? Uid, ImmutableArray<string> Groups, ImmutableSortedDictionary<string, ImmutableArray<string>> Extra);

/// <summary>Who we are, which may change while we run.</summary>
public interface IKubeCredentials
{
    /// <summary>Cheap while what is known is good.</summary>
    /// <exception cref="KubeException">There is none to be had.</exception>
    ValueTask<KubeCredential> GetAsync(CancellationToken stop);

    /// <summary>The server answered 401 to it: it is not handed out again if another can be had.</summary>
    void Refuse(KubeCredential credential);
}

/// <param name="Header">Null when the certificate says it, or nobody is anybody.</param>
/// <param name="Certificate">With its private key.</param>
/// <param name="Chain">What is sent along, so that the server finds a root that it knows.</param>
public sealed record KubeCredential(
    AuthenticationHeaderValue? Header = null, X509Certificate2? Certificate = null, X509Certificate2Collection? Chain = null)
{
    /// <summary>Says which kind it is and never what it is.</summary>
    public override string ToString() => Header is { } header ? header.Scheme : Certificate is null ? "none" : "certificate";
}

/// <summary>Where the cluster is, or who we are there, cannot be read: the message names the file and the entry.</summary>
public sealed class KubeAccessException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The roots that are trusted, which may change while we run.</summary>
public interface IKubeAuthorities
{
    X509Certificate2Collection Current { get; }
}

internal sealed class NoCredentials : IKubeCredentials
{
    public static readonly NoCredentials Instance = new();

    public ValueTask<KubeCredential> GetAsync(CancellationToken stop) => ValueTask.FromResult(new KubeCredential());

    public void Refuse(KubeCredential credential)
    {
        // There is no other.
    }
}

/// <summary>One that does not change.</summary>
internal sealed class FixedCredentials(KubeCredential credential) : IKubeCredentials
{
    public ValueTask<KubeCredential> GetAsync(CancellationToken stop) => ValueTask.FromResult(credential);

    public void Refuse(KubeCredential credential)
    {
        // There is no other.
    }
}

internal sealed class FixedAuthorities(X509Certificate2Collection roots) : IKubeAuthorities
{
    public X509Certificate2Collection Current => roots;
}
