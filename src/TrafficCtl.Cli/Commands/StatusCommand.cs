using System.CommandLine;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class StatusCommand
{
    public static readonly CommandEntry Entry = new("status", "Shows every service, or one in full", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var ask = AskOptions.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, ask);
        service.Description = "The service; without it all are listed";
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            if (parse.GetValue(service) is { Length: > 0 } named)
            {
                var one = await client.GetAsync<ServiceStatus>(AdminClient.PathOf(named), stop);
                if (ask.IsJson(parse)) surroundings.Out.WriteJson(one);
                else StatusText.Write(one, surroundings.Out);
                return ExitCodes.Done;
            }

            var all = await client.GetAsync<ListServicesResponse>("v1/services", stop);
            if (ask.IsJson(parse)) surroundings.Out.WriteJson(all);
            else if (all.Services.Count == 1) StatusText.Write(all.Services[0], surroundings.Out);
            else StatusText.WriteList(all, surroundings.Out);
            return ExitCodes.Done;
        });
    }
}
