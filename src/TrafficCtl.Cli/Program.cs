using TrafficCtl.Cli;

return await App.RunAsync(args, Surroundings.OfProcess(), CancellationToken.None);
