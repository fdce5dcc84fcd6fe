using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Files;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Proxy.Upstreams;

/// <summary>TLS settings towards upstreams whose files are followed.</summary>
internal sealed class FollowedTls
{
    private readonly FollowedFiles<ClientTls> files;

    /// <param name="service">Named in messages.</param>
    /// <param name="settings">With the paths of the files.</param>
    /// <exception cref="ListenException">A file cannot be read, is no PEM, or the key is not the certificate's.</exception>
    public FollowedTls(string service, UpstreamTls settings)
    {
        (Service, Settings) = (service, settings);
        try
        {
            files = new FollowedFiles<ClientTls>(ClientTls.FilesOf(settings), contents => ClientTls.Make(settings, contents));
        }
        catch (InvalidDataException fault)
        {
            throw new ListenException(Refusal(fault.Message), fault);
        }
    }

    public string Service { get; }

    public UpstreamTls Settings { get; }

    public ClientTls Current => files.Current;

    /// <summary>Why the files as they are now are not in force, and what to do; null when they are.</summary>
    public string? Problem => files.Problem is { } why ? $"{Refusal(why)} The former ones stay in force." : null;

    /// <summary>As <see cref="FollowedFiles{T}.Poll"/>.</summary>
    public bool Poll() => files.Poll();

    private string Refusal(string why) =>
        $"{Service}: the TLS settings of upstreams cannot be used: {why} Name PEM files: root certificates in upstream.tls.ca, "
        + "a certificate and its key without a passphrase in upstream.tls.cert and .key.";
}
