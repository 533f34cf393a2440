"""Resources of AWS for which pulumi_aws has no type: dynamic providers on boto3, each type a small declaration.

The engine runs them by the plugin `pulumi-python` of its SDK, in a process that imports this package from the program's
folder. The state names provider classes by module and class: a class that moves takes its resources' deletion with it.
"""
