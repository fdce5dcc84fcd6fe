using System.CommandLine;
using System.Net;

namespace TrafficCtl.Cli.Invocation;

/// <summary>What verifications may do beyond the operator's own files and public addresses.</summary>
internal static class ExecOptions
{
    public static Option<string[]> Exec() => new("--allow-exec")
    {
        Description = "A directory whose delivery files may name programs (verify: { run: … }) although others may write them; may be "
            + "repeated",
        HelpName = "DIR",
    };

    public static Option<IPNetwork[]> Addresses() => new("--allow-address")
    {
        Description = "A private address or network, such as 10.0.0.0/8, that verifications may ask (verify: { http: … }); may be "
            + "repeated",
        HelpName = "NET",
        CustomParser = static result =>
        {
            var networks = new List<IPNetwork>();
            foreach (var token in result.Tokens)
            {
                if (IPNetwork.TryParse(token.Value, out var network)) networks.Add(network);
                else if (IPAddress.TryParse(token.Value, out var one)) networks.Add(new IPNetwork(one, one.GetAddressBytes().Length * 8));
                else result.AddError($"--allow-address is an address or a network such as 10.0.0.0/8, not \"{token.Value}\"");
            }

            return [.. networks];
        },
    };
}
