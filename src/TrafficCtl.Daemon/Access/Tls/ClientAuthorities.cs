using System.Security.Cryptography.X509Certificates;
using System.Text;
using TrafficCtl.Adapters.Tls;
using TrafficCtl.Proxy.Files;

namespace TrafficCtl.Daemon.Access.Tls;

/// <summary>The authorities whose client certificates say who asks: a PEM file that is followed.</summary>
internal sealed class ClientAuthorities : IFollowedFile
{
    private readonly FollowedFiles<X509Certificate2Collection> followed;
    private readonly string path;

    /// <exception cref="InvalidDataException">The file cannot be read or used; the message says why, and what to do.</exception>
    public ClientAuthorities(string path)
    {
        this.path = path;
        try
        {
            followed = new([path], contents => Make(path, contents[0]));
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException(Refusal(fault.Message), fault);
        }
    }

    public string Source => "admin-client-ca";

    public string? Problem => followed.Problem is { } why ? $"{Refusal(why)} The former ones stay in force." : null;

    public string Renewed => $"the authorities of client certificates {path} were changed and are in force (certificates: {Roots.Count})";

    /// <summary>Another one after each change.</summary>
    public X509Certificate2Collection Roots => followed.Current;

    public bool Poll() => followed.Poll();

    private static X509Certificate2Collection Make(string path, byte[] content)
    {
        try
        {
            return RootTrust.Parse(Encoding.UTF8.GetString(content));
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException($"{path}: {fault.Message}.", fault);
        }
    }

    private static string Refusal(string why) =>
        $"the authorities of client certificates cannot be used: {why} Name a PEM file of root certificates with --admin-client-ca.";
}
