using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Gates;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Adapters;

/// <summary>What asks programs and addresses whether a version is good.</summary>
public static class GateServices
{
    /// <summary>Answers the gate <c>verify</c>, of rollouts and of environments.</summary>
    /// <param name="services">Those of the process.</param>
    /// <param name="dataDirectory">Its full path: one process has it at a time, and ends what an earlier one left running.</param>
    /// <param name="allowExec">Directories whose programs may be anybody's.</param>
    /// <param name="allowAddresses">Private networks that may be asked.</param>
    public static IServiceCollection AddVerification(
        this IServiceCollection services, string dataDirectory, ImmutableArray<string> allowExec, ImmutableArray<IPNetwork> allowAddresses)
    {
        var owner = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataDirectory)))[..16];
        return services
            .AddSingleton(s => new Verifier(
                new CommandRunner(owner, allowExec, s.GetRequiredService<TimeProvider>()),
                new AddressAsker(allowAddresses, s.GetRequiredService<TimeProvider>()), s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<Verifier>>()))
            .AddSingleton<IGateSource>(static s => s.GetRequiredService<Verifier>())
            .AddSingleton<IQuestionSource>(static s => s.GetRequiredService<Verifier>());
    }
}
