"""temp"""
from tensorgraph.distributed.data_parallel import DataParallel
from tensorgraph.distributed.launch import world
from tensorgraph.distributed.operations import *
